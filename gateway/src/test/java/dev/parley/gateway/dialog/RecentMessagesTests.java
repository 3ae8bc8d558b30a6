package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecentMessagesTests {

    private final RecentMessages recent = new RecentMessages(3);

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(since(0)).isNull();
    }

    @Test
    void theNewestMessagesAreKnownAsFarAsThereIsRoom() {
        add(1, 4);
        assertThat(since(0)).isNull();
        assertThat(since(1)).containsExactly(2L, 3L, 4L);
        assertThat(since(3)).containsExactly(4L);
        assertThat(since(4)).isEmpty();
    }

    @Test
    void whoKnowsMoreThanTheRoomIsNotAnsweredFromMemory() {
        add(1, 4);
        assertThat(since(5)).isNull();
    }

    @Test
    void afterAHoleOnlyTheNewOneIsKnown() {
        add(1, 2);
        add(7, 7);
        assertThat(since(2)).isNull();
        assertThat(since(6)).containsExactly(7L);
    }

    @Test
    void whatIsKnownAlreadyIsIgnored() {
        add(1, 3);
        add(2, 3);
        assertThat(since(0)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void whatWasReadFromTheLogIsRemembered() {
        recent.learn(4, messages(5, 6));
        assertThat(since(4)).containsExactly(5L, 6L);
        assertThat(since(3)).isNull();
        add(7, 7);
        assertThat(since(4)).containsExactly(5L, 6L, 7L);
    }

    @Test
    void thatThereIsNothingNewerIsRememberedToo() {
        recent.learn(9, List.of());
        assertThat(since(9)).isEmpty();
        assertThat(since(8)).isNull();
    }

    @Test
    void whatWasReadJoinsOnToWhatCameMeanwhile() {
        add(6, 7);
        recent.learn(3, messages(4, 6));
        assertThat(since(4)).containsExactly(5L, 6L, 7L);
        assertThat(since(3)).isNull();
    }

    @Test
    void whatWasReadAndDoesNotJoinOnIsForgotten() {
        add(9, 9);
        recent.learn(3, messages(4, 6));
        assertThat(since(3)).isNull();
        assertThat(since(8)).containsExactly(9L);
    }

    @Test
    void whereNothingIsToBeRememberedTheNewestSeqStillIs() {
        RecentMessages none = new RecentMessages(0);
        none.add(DialogRoomTests.message(5, Message.Kind.MESSAGE, 0));
        assertThat(none.since(5)).isEmpty();
        assertThat(none.since(4)).isNull();
    }

    private void add(long from, long to) {
        messages(from, to).forEach(recent::add);
    }

    private static List<Message> messages(long from, long to) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(seq -> DialogRoomTests.message(seq, Message.Kind.MESSAGE, 0))
                .toList();
    }

    private @Nullable List<Long> since(long seq) {
        List<Message> messages = recent.since(seq);
        return messages == null ? null : messages.stream().map(Message::seq).toList();
    }
}
