package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AnswerQueueTests {

    private final AnswerQueue queue = new AnswerQueue(2, 3);

    @Test
    void onlySoManyRunAtOnceAndTheOthersInTheOrderTheyCame() {
        add("a", "b", "c", "d");
        assertThat(started()).containsExactly("a", "b");
        assertThat(started()).isEmpty();
        queue.ended();
        assertThat(started()).containsExactly("c");
    }

    @Test
    void nothingStartsBeforeItIsReleased() {
        queue.add(ticket("a"));
        assertThat(started()).isEmpty();
        queue.release("a");
        assertThat(started()).containsExactly("a");
    }

    @Test
    void whatWillStartAtOnceHasNoPlaceInTheLine() {
        queue.add(ticket("a"));
        assertThat(queue.position("a")).isZero();
        add("b", "c");
        queue.release("a");
        started();
        assertThat(queue.position("a")).isZero();
        assertThat(queue.position("c")).isEqualTo(1);
    }

    @Test
    void placesAreToldOnceEachTimeTheyChange() {
        add("a", "b", "c", "d");
        started();
        assertThat(places()).containsExactly("c=1", "d=2");
        assertThat(places()).isEmpty();
        queue.ended();
        started();
        assertThat(places()).containsExactly("d=1");
    }

    @Test
    void itIsFullWhenSoManyWait() {
        add("a", "b", "c", "d");
        started();
        assertThat(queue.isFull()).isFalse();
        add("e");
        assertThat(queue.isFull()).isTrue();
        queue.remove("e", 1);
        assertThat(queue.isFull()).isFalse();
    }

    @Test
    void onlyItsOwnDialogCanTakeAnAnswerOut() {
        add("a");
        assertThat(queue.remove("a", 99)).isEmpty();
        assertThat(queue.remove("a", 1)).isPresent();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void aTakeoverTakesOutWhatWaitsFromBeforeIt() {
        add("a", "b");
        queue.add(new AnswerTicket("later", 1, 1, 1, "visitor:v"));
        queue.add(new AnswerTicket("elsewhere", 2, 1, 0, "visitor:v"));
        queue.removeOutdated(1, 1);
        queue.release("later");
        queue.release("elsewhere");
        assertThat(started()).containsExactly("later", "elsewhere");
    }

    private void add(String... requestIds) {
        for (String id : requestIds) {
            queue.add(ticket(id));
            queue.release(id);
        }
    }

    private static AnswerTicket ticket(String requestId) {
        return new AnswerTicket(requestId, 1, 1, 0, "visitor:v");
    }

    private List<String> started() {
        return Stream.generate(queue::next)
                .takeWhile(java.util.Optional::isPresent)
                .map(next -> next.orElseThrow().requestId())
                .toList();
    }

    private List<String> places() {
        return queue.newPlaces().stream().map(place -> place.ticket().requestId() + "=" + place.position()).toList();
    }
}
