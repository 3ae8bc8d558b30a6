package dev.parley.gateway.answer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * What the models have answered to first questions on this node, so that the next who asks the same is given the same. Off
 * unless it is given a time to keep answers; then it takes 16 MB at most, and what is asked for least goes first. Being
 * asked for keeps nothing longer: what was a good answer may be none tomorrow. Who ask at the same time each ask the model.
 *
 * <p>An answer whose model cannot be asked waits in the queue, as all of that model do, before anybody looks here.
 */
@Component
final class FirstAnswers {

    static final long MAX_BYTES = 16L << 20;

    /** What an entry takes beside its characters, about. */
    private static final int BYTES_OF_ENTRY = 256;

    private final boolean on;
    private final Cache<FirstQuestion, String> answers;
    private final MeterRegistry meters;

    @Autowired
    FirstAnswers(AnswerSettings settings, MeterRegistry meters) {
        this(settings.cacheTtl(), Ticker.systemTicker(), meters);
    }

    /** @param ttl 0 for none at all */
    FirstAnswers(Duration ttl, Ticker clock, MeterRegistry meters) {
        this.on = ttl.isPositive();
        this.answers = Caffeine.newBuilder()
                .maximumWeight(MAX_BYTES)
                .weigher(FirstAnswers::weight)
                .expireAfterWrite(ttl)
                .ticker(clock)
                .executor(Runnable::run)
                .build();
        this.meters = meters;
        if (on) {
            count("hit", 0);
            count("miss", 0);
        }
    }

    private static int weight(FirstQuestion question, String answer) {
        return Character.BYTES * (question.length() + answer.length()) + BYTES_OF_ENTRY;
    }

    boolean isOn() {
        return on;
    }

    Optional<String> find(FirstQuestion question) {
        Optional<String> found = Optional.ofNullable(answers.getIfPresent(question));
        if (found.isPresent()) {
            count("hit", 1);
        }
        return found;
    }

    /** The model is asked. Said apart, for what finds its model not ready looks here again when it is. */
    void missed() {
        count("miss", 1);
    }

    /** @param answer whole, as the model left it */
    void keep(FirstQuestion question, String answer) {
        answers.put(question, answer);
    }

    private void count(String result, int times) {
        Counter.builder("parley.answers.cache")
                .description("First questions, by whether their answer was known")
                .tag("result", result)
                .register(meters)
                .increment(times);
    }

    /** How many bytes it holds, about. */
    long bytes() {
        answers.cleanUp();
        return answers.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }
}
