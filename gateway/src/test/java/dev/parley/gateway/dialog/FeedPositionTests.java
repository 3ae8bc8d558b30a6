package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FeedPositionTests {

    private static final AnswerFinished END = new AnswerFinished(1, "r", 0, AnswerEnd.DONE, 7L);

    private final FeedPosition position = new FeedPosition(7, Set.of("r"));

    @Test
    void anEndThatIsToldLiveIsShownWhetherOrNotItsMessageWas() {
        assertThat(position.admits(END)).isTrue();
    }

    /** It joins between an answer's message and its end: the one who keeps the answers knows of the end before the room. */
    @Test
    void anEndThatWasLookedUpIsNotShownAgainWhenItIsToldLive() {
        assertThat(position.unheardEnds(List.of())).containsExactly("r");
        position.note(END);
        assertThat(position.unheardEnds(List.of())).isEmpty();
        assertThat(position.admits(END)).isFalse();
    }
}
