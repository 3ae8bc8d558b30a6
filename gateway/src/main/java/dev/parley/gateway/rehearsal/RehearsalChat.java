package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.OllamaFormat.ChatRequest;
import dev.parley.gateway.rehearsal.OllamaFormat.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The course of one answer: load, wait for a slot, read, speak at its pace, and whatever fault comes between. */
final class RehearsalChat {

    private static final double JITTER = 0.1;
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final RehearsalSettings settings;
    private final RehearsalRunner runner;
    private final ChatRequest request;
    private final @Nullable Fault fault;
    private final List<String> tokens;
    private final String doneReason;
    private final Random random;

    private final long begun = System.nanoTime();
    private long loaded;
    private long started;
    private long read;

    RehearsalChat(RehearsalSettings settings, RehearsalRunner runner, ChatRequest request, @Nullable Fault fault,
            long number) {
        this.settings = settings;
        this.runner = runner;
        this.request = request;
        this.fault = fault;
        this.random = new Random(settings.seed() + number);
        List<String> all = RehearsalVoice.tokens(RehearsalVoice.answerTo(request.userTexts()));
        boolean cut = all.size() > request.numPredict();
        this.tokens = cut ? all.subList(0, request.numPredict()) : all;
        this.doneReason = cut ? "length" : "stop";
    }

    /** What is said, in order. It ends with a {@link Step.Last}, an {@link OllamaError} or as the fault has it. */
    Flux<Step> steps() {
        if (fault instanceof Fault.Status status) {
            return Flux.error(new OllamaError(status.status(), status.text()));
        }
        if (request.said().isEmpty()) {
            return loadOnly().flux();
        }
        return load().thenMany(runner.run(this::speech)).doFinally(end -> keep());
    }

    private Mono<Void> load() {
        return runner.load(request.modelName(), request.numCtx(), request.keepAliveTime())
                .doOnSuccess(done -> loaded = System.nanoTime());
    }

    private void keep() {
        if (loaded != 0) {
            runner.keep(request.modelName(), request.numCtx(), request.keepAliveTime());
        }
    }

    private Mono<Step> loadOnly() {
        var nothing = new Metrics(0, 0, 0, 0, 0, 0);
        if (request.keepAliveTime().isZero()) {
            return Mono.fromSupplier(() -> {
                runner.unload();
                return new Step.Last("unload", nothing);
            });
        }
        return load().thenReturn(new Step.Last("load", nothing));
    }

    private Flux<Step> speech() {
        started = System.nanoTime();
        int all = tokens.size();
        return switch (fault) {
            case null -> text(0, all).concatWith(last());
            case Fault.Status status -> Flux.error(new OllamaError(status.status(), status.text()));
            case Fault.ErrorLine f when f.afterTokens() == 0 -> Flux.error(new OllamaError(500, f.text()));
            case Fault.ErrorLine f ->
                text(0, f.afterTokens()).concatWith(pause().thenReturn(new Step.Failure(f.text())));
            case Fault.EndsEarly f -> text(0, f.afterTokens());
            case Fault.Resets f -> text(0, f.afterTokens())
                    .concatWith(f.when().then(pause()).then(Mono.error(new ConnectionReset())));
            case Fault.Stalls f -> text(0, f.afterTokens()).concatWith(Mono.never());
            case Fault.Garbage f -> around(f.afterTokens(), new Step.Garbage());
            case Fault.Holds f -> Flux.range(0, all).concatMap(i -> f.before(i).thenMany(text(i, i + 1)))
                    .concatWith(last());
            case Fault.OverlongLine f -> around(f.afterTokens(), new Step.Text("x".repeat(f.bytes())));
        };
    }

    private Flux<Step> around(int afterTokens, Step odd) {
        return text(0, afterTokens).concatWithValues(odd).concatWith(text(afterTokens, tokens.size()))
                .concatWith(last());
    }

    private Flux<Step> text(int from, int to) {
        int begin = Math.min(from, tokens.size());
        int end = Math.min(to, tokens.size());
        return Flux.range(begin, end - begin)
                .concatMap(i -> (i == 0 ? reading() : pause())
                        .then(Mono.fromSupplier(() -> new Step.Text(tokens.get(i)))));
    }

    private Mono<Step> last() {
        return (tokens.isEmpty() ? reading() : Mono.<Void>empty())
                .then(Mono.fromSupplier(() -> new Step.Last(doneReason, metrics())));
    }

    private Mono<Void> reading() {
        return RehearsalRunner.after(settings.firstToken()).doOnSuccess(done -> read = System.nanoTime());
    }

    private Mono<Void> pause() {
        if (settings.tokensPerSecond() == 0) {
            return Mono.empty();
        }
        return Mono.defer(() -> {
            double spread = 1 + JITTER * (2 * random.nextDouble() - 1);
            return RehearsalRunner.after(Duration.ofNanos((long) (spread * 1e9 / settings.tokensPerSecond())));
        });
    }

    /** As Ollama has them: the wait for the slot is in the total and in no part. */
    private Metrics metrics() {
        long now = System.nanoTime();
        int asked = request.said().stream().mapToInt(said -> said.content().length()).sum();
        return new Metrics(now - begun, loaded - begun, asked / CHARACTERS_PER_TOKEN + 1, read - started, tokens.size(),
                now - read);
    }

    /** One thing that is said. */
    sealed interface Step {

        record Text(String text) implements Step {}

        record Last(String reason, Metrics metrics) implements Step {}

        /** The model fails, in words. */
        record Failure(String text) implements Step {}

        /** Something that is no JSON. */
        record Garbage() implements Step {}
    }

    /** Asks whoever sends the steps to reset the connection. */
    static final class ConnectionReset extends RuntimeException {

        private static final long serialVersionUID = 1L;

        ConnectionReset() {
            super("the fault that was asked for", null, false, false);
        }
    }
}
