package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class GrowingTextTests {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<String> screen = new ArrayList<>();
    private final GrowingText text = new GrowingText(Duration.ofMillis(40), time,
            (offset, piece) -> screen.add(offset + ":" + piece));

    @AfterEach
    void stop() {
        time.dispose();
    }

    @Test
    void theFirstPieceIsShownAtOnce() {
        text.append("Hel");
        assertThat(screen).containsExactly("0:Hel");
    }

    @Test
    void whatFollowsWithinTheWindowIsShownTogetherWhenItEnds() {
        text.append("a");
        after(10);
        text.append("b");
        after(10);
        text.append("c");
        after(19);
        assertThat(screen).containsExactly("0:a");
        after(1);
        assertThat(screen).containsExactly("0:a", "1:bc");
    }

    @Test
    void whatComesAfterAPauseIsShownAtOnce() {
        text.append("a");
        after(100);
        text.append("b");
        assertThat(screen).containsExactly("0:a", "1:b");
    }

    @Test
    void aSteadyStreamIsShownOncePerWindow() {
        for (int i = 0; i < 100; i++) {
            text.append("x");
            after(2);
        }
        after(40);
        assertThat(screen).hasSizeBetween(5, 7);
        assertThat(shown()).isEqualTo("x".repeat(100));
    }

    @Test
    void whileHeldNothingIsShownAndAllOfItIsKnown() {
        text.append("Let me");
        text.append(" think");
        assertThat(text.hold()).isEqualTo("Let me think");
        text.append(" about it");
        after(1000);
        assertThat(screen).containsExactly("0:Let me");
        text.resume();
        assertThat(shown()).isEqualTo("Let me think about it");
    }

    @Test
    void afterItsCloseNothingIsShownOrAdded() {
        text.append("a");
        text.append("b");
        assertThat(text.close()).isEqualTo("ab");
        after(1000);
        text.append("c");
        text.resume();
        assertThat(screen).containsExactly("0:a");
        assertThat(text.close()).isEqualTo("ab");
    }

    @Test
    void aCharacterOfTwoUnitsIsNeverCutInTwo() {
        String emoji = "\uD83D\uDE80";
        text.append("go ");
        text.append(emoji.substring(0, 1));
        after(40);
        assertThat(screen).containsExactly("0:go ");
        text.append(emoji.substring(1));
        after(40);
        assertThat(screen).containsExactly("0:go ", "3:" + emoji);
    }

    private String shown() {
        StringBuilder all = new StringBuilder();
        screen.forEach(piece -> {
            int colon = piece.indexOf(':');
            all.setLength(Integer.parseInt(piece.substring(0, colon)));
            all.append(piece, colon + 1, piece.length());
        });
        return all.toString();
    }

    private void after(int millis) {
        time.advanceTimeBy(Duration.ofMillis(millis));
    }
}
