package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.Message.Kind;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecollectionTests {

    @Test
    void aDialogThatIsRememberedFromItsBeginningIsKnownUpToAnyMessage() {
        assertThat(upTo(1, 5, 3, 10)).containsExactly(1L, 2L, 3L);
        assertThat(upTo(1, 5, 5, 2)).containsExactly(4L, 5L);
        assertThat(upTo(1, 5, 1, 10)).containsExactly(1L);
    }

    @Test
    void aDialogWhoseBeginningIsForgottenIsKnownAsFarAsThereAreEnough() {
        assertThat(upTo(4, 9, 9, 6)).containsExactly(4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(upTo(4, 9, 9, 7)).isNull();
        assertThat(upTo(4, 9, 6, 3)).containsExactly(4L, 5L, 6L);
        assertThat(upTo(4, 9, 6, 4)).isNull();
        assertThat(upTo(4, 9, 2, 1)).isNull();
    }

    @Test
    void whatWasNotHeardOfIsNotKnown() {
        assertThat(upTo(1, 5, 6, 10)).isNull();
        assertThat(Recollection.NONE.upTo(1, 10)).isNull();
    }

    @Test
    void whoseTurnItIsIsWhatWasSaidOfItLast() {
        assertThat(isSilentAfter()).as("nothing is remembered").isFalse();
        assertThat(isSilentAfter(Kind.MESSAGE, Kind.MESSAGE)).isFalse();
        assertThat(isSilentAfter(Kind.HUMAN_REQUESTED, Kind.HANDOFF_STARTED, Kind.MESSAGE)).isTrue();
        assertThat(isSilentAfter(Kind.HANDOFF_STARTED, Kind.HANDOFF_ENDED, Kind.MESSAGE)).isFalse();
        assertThat(isSilentAfter(Kind.HANDOFF_ENDED, Kind.DIALOG_CLOSED)).isTrue();
        assertThat(isSilentAfter(Kind.DIALOG_CLOSED, Kind.DIALOG_REOPENED)).isFalse();
    }

    private static boolean isSilentAfter(Kind... kinds) {
        return new Recollection(IntStream.range(0, kinds.length).mapToObj(i -> message(i + 1, kinds[i])).toList(), 0)
                .assistantIsSilent();
    }

    private static @Nullable List<Long> upTo(long oldest, long newest, long seq, int limit) {
        List<Message> found = new Recollection(
                LongStream.rangeClosed(oldest, newest).mapToObj(RecollectionTests::message).toList(), 0)
                .upTo(seq, limit);
        return found == null ? null : found.stream().map(Message::seq).toList();
    }

    private static Message message(long seq) {
        return message(seq, Kind.MESSAGE);
    }

    private static Message message(long seq, Kind kind) {
        return new Message(1, seq, seq, kind, Sender.USER, "v_1", null, "m" + seq, "text", null, null,
                0, Instant.EPOCH);
    }
}
