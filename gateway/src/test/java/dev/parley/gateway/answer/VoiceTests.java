package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

class VoiceTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String LONG = "It is late now. ".repeat(40);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<String> heard = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();

    @AfterEach
    void stop() {
        time.dispose();
    }

    @Test
    void whatIsRepeatedGrowsWordByWordWithinHalfASecond() {
        repeat(LONG);
        time.advanceTime();
        assertThat(heard).hasSize(1);
        time.advanceTimeBy(Voice.Repeating.PAUSE);
        assertThat(heard).hasSize(2);
        time.advanceTimeBy(Duration.ofMillis(450));
        assertThat(String.join("", heard)).isEqualTo(LONG);
        assertThat(heard).hasSize(Voice.Repeating.MOST_PIECES).allSatisfy(piece -> assertThat(piece).endsWith(" "));
    }

    @Test
    void whatIsRepeatedStopsWhenNobodyWantsIt() {
        Disposable hearing = repeat(LONG);
        time.advanceTime();
        hearing.dispose();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(heard).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Hi.", "x", "a word of twenty and more",
            "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂",
            "x🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂",
            "何時から何時まで開いていますか何時から何時まで開いていますか何時から何時まで開いていますか"})
    void everyTextComesWholeAndNoCharacterIsCut(String text) {
        repeat(text);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(String.join("", heard)).isEqualTo(text);
        assertThat(heard).allSatisfy(piece -> {
            assertThat(piece).isNotEmpty();
            assertThat(Character.isLowSurrogate(piece.charAt(0))).isFalse();
        });
    }

    @Test
    void onlyWhatTheModelHasEndedByItselfIsKept() {
        model("stop").stored("Hi.");
        assertThat(kept).containsExactly("Hi.");
        model("length").stored("Hello and");
        assertThat(kept).hasSize(1);
    }

    private Disposable repeat(String text) {
        Voice voice = new Voice.Repeating(text, time);
        assertThat(voice.cached()).isTrue();
        return voice.words().ofType(ModelEvent.Text.class).subscribe(piece -> heard.add(piece.text()));
    }

    private Voice model(String reason) {
        Voice voice = new Voice.OfModel(
                Flux.just(new ModelEvent.Text("Hi."), new ModelEvent.Done(reason, 1, 1)), kept::add);
        voice.words().blockLast(TIMEOUT);
        assertThat(voice.cached()).isFalse();
        return voice;
    }
}
