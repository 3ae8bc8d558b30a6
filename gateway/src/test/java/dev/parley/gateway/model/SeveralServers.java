package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** {@link Models} over servers that do what a test says, in virtual time. */
abstract class SeveralServers {

    static final ModelName LLAMA = new ModelName(ModelKind.OLLAMA, "llama3.2");
    static final List<Turn> TURNS = List.of(new Turn(Role.USER, "hello"));

    final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final FakeServer one = FakeServer.warm("http://one");
    final FakeServer two = FakeServer.warm("http://two");

    Models models(FakeServer... servers) {
        return new Models(List.of(servers),
                new ModelLimits(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(300),
                        Duration.ofSeconds(300), 2, Duration.ofMinutes(30), true, 5),
                5, meters, clock);
    }

    /** What comes of asking. */
    static final class Asked {

        final List<String> words = new ArrayList<>();
        final Disposable subscription;
        Throwable error = new AssertionError("has not failed");
        boolean done;
        boolean failed;

        Asked(Flux<ModelEvent> answer) {
            subscription = answer.subscribe(event -> {
                if (event instanceof ModelEvent.Text(String text)) {
                    words.add(text);
                }
            }, failure -> {
                failed = true;
                error = failure;
            }, () -> done = true);
        }
    }

    static Asked ask(Models models) {
        return new Asked(models.chat(LLAMA, TURNS, new Tries()));
    }

    static Models warm(Models models) {
        models.want(LLAMA);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
        return models;
    }

    static void assertStatus(Models models, String state) {
        assertThat(models.status()).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(state);
            assertThat(status.inFlight()).isZero();
        });
    }

    void pass(Duration time) {
        clock.advanceTimeBy(time);
    }
}
