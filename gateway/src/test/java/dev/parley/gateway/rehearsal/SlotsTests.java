package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.rehearsal.Slots.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SlotsTests {

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<Integer> begun = new ArrayList<>();

    @Test
    void letsInSoManyAtOnceAndTheRestInOrder() {
        List<Place> places = line(slots(2), 5);
        assertThat(begun).containsExactly(0, 1);

        leave(places.get(1));
        assertThat(begun).endsWith(2);
        leave(places.get(3));
        leave(places.get(0));

        assertThat(begun).as("one who waited has left").containsExactly(0, 1, 2, 4);
    }

    @Test
    void whoLeavesTwiceGivesBackOneSlot() {
        List<Place> places = line(slots(1), 3);

        leave(places.getFirst());
        leave(places.getFirst());

        assertThat(begun).containsExactly(0, 1);
    }

    @Test
    void whoLeavesBeforeItsTurnIsToldDoesNotBegin() {
        var slots = slots(1);
        Place place = slots.line(() -> begun.add(1));

        leave(place);

        assertThat(begun).isEmpty();
        assertThat(slots.taken()).isZero();
    }

    @Test
    void turnsAwayOnlyWhenMemoryWouldHaveNoBound() {
        var slots = slots(1);
        IntStream.rangeClosed(0, Slots.MOST_WAITING).forEach(n -> slots.line(() -> {}));

        assertThatThrownBy(() -> slots.line(() -> {})).isInstanceOfSatisfying(OllamaError.class,
                error -> assertThat(error.status()).isEqualTo(503));
    }

    @Property
    void neverLetsInMoreAndLosesNone(@ForAll @Size(max = 50) List<@IntRange(max = 9) Integer> leaving) {
        var slots = slots(3);
        List<Place> places = line(slots, 10);
        for (int who : leaving) {
            leave(places.get(who));
            assertThat(slots.taken()).isBetween(0, 3);
        }

        places.forEach(this::leave);

        assertThat(slots.taken()).isZero();
        tasks.clear();
    }

    private Slots slots(int size) {
        return new Slots(tasks::add, () -> size);
    }

    private List<Place> line(Slots slots, int many) {
        List<Place> places = IntStream.range(0, many).mapToObj(n -> slots.line(() -> begun.add(n))).toList();
        runTasks();
        return places;
    }

    private void leave(Place place) {
        place.leave();
        runTasks();
    }

    private void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }
}
