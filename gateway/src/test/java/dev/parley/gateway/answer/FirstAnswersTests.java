package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FirstAnswersTests {

    private static final FirstQuestion HELLO = question("hello");

    private final AtomicLong now = new AtomicLong();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final FirstAnswers answers = new FirstAnswers(Duration.ofHours(1), now::get, meters);

    @Test
    void whatWasAnsweredIsKnown() {
        assertThat(answers.find(HELLO)).isEmpty();
        answers.keep(HELLO, "Hi.");
        assertThat(answers.find(question("hello"))).contains("Hi.");
        assertThat(answers.find(question("bye"))).isEmpty();
    }

    @Test
    void itIsForgottenInTimeHoweverOftenItIsAskedFor() {
        answers.keep(HELLO, "Hi.");
        after(Duration.ofMinutes(59));
        assertThat(answers.find(HELLO)).isPresent();
        after(Duration.ofMinutes(1));
        assertThat(answers.find(HELLO)).isEmpty();
    }

    @Test
    void itIsCountedWhatWasKnownAndWhatTheModelWasAsked() {
        assertThat(count("hit")).isZero();
        answers.find(HELLO);
        answers.missed();
        answers.keep(HELLO, "Hi.");
        answers.find(HELLO);
        answers.find(HELLO);
        assertThat(count("hit")).isEqualTo(2);
        assertThat(count("miss")).isEqualTo(1);
    }

    @Test
    void itTakesNoMoreMemoryThanItMay() {
        String kilobytes = "x".repeat(100 << 10);
        IntStream.range(0, 1000).forEach(i -> answers.keep(question("question " + i), kilobytes));
        assertThat(answers.bytes()).isBetween(FirstAnswers.MAX_BYTES / 2, FirstAnswers.MAX_BYTES);
    }

    @Test
    void shortAnswersCountForMoreThanTheirCharacters() {
        IntStream.range(0, 100_000).forEach(i -> answers.keep(question("question " + i), "x"));
        assertThat(answers.bytes()).isBetween(FirstAnswers.MAX_BYTES / 2, FirstAnswers.MAX_BYTES);
    }

    @Test
    void anAnswerThatIsTooLargeIsNotKept() {
        answers.keep(HELLO, "x".repeat((int) FirstAnswers.MAX_BYTES / 2));
        assertThat(answers.bytes()).isZero();
        assertThat(answers.find(HELLO)).isEmpty();
    }

    @Test
    void withoutATimeThereIsNone() {
        var registry = new SimpleMeterRegistry();
        var none = new FirstAnswers(Duration.ZERO, now::get, registry);
        none.keep(HELLO, "Hi.");
        assertThat(none.find(HELLO)).isEmpty();
        assertThat(none.isOn()).isFalse();
        assertThat(registry.getMeters()).isEmpty();
    }

    private static FirstQuestion question(String text) {
        return new FirstQuestion(1, "v1", new ModelName(ModelKind.OLLAMA, "llama3.2"), text);
    }

    private void after(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private double count(String result) {
        return meters.get("parley.answers.cache").tag("result", result).counter().count();
    }
}
