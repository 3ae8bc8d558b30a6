package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelLimits;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Models;
import dev.parley.gateway.model.Tries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Who speaks where no model can. */
class VoicesTests {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");
    private static final AnswerTicket TICKET = new AnswerTicket("r1", 1, 1, 0, MODEL, "v_1", AnswerClass.INTERACTIVE,
            Instant.EPOCH);
    private static final Speaker SPEAKER = new Speaker(1, "Bo", MODEL, "Be kind.");
    private static final Conversation CONVERSATION = Conversation.of("Be kind.", List.of(new Message(1, 1, 1,
            Message.Kind.MESSAGE, Sender.USER, "1", null, "c", "hello", null, "r1", 0, Instant.EPOCH)), 4096);

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final ModelLimits LIMITS = new ModelLimits(LONG, LONG, LONG, LONG, 2, LONG, false, 0);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final FirstAnswers known = new FirstAnswers(Duration.ofHours(1), Ticker.systemTicker(), meters);
    private final Models models = new Models(List.of(), LIMITS, 5, meters, time);

    @AfterEach
    void stop() {
        models.close();
        time.dispose();
    }

    @Test
    void whatIsKnownNeedsNoModel() {
        known.keep(FirstQuestion.of(TICKET, SPEAKER, CONVERSATION).orElseThrow(), "Hi.");
        assertThat(choose()).contains(new Voice.Repeating("Hi.", time));
    }

    @Test
    void whatIsNotKnownWaitsForTheModelAndIsNotCountedYet() {
        assertThat(choose()).isEmpty();
        assertThat(meters.get("parley.answers.cache").tag("result", "miss").counter().count()).isZero();
    }

    private Optional<Voice> choose() {
        return new Voices(known, models, time).choose(TICKET, SPEAKER, CONVERSATION, new Tries());
    }
}
