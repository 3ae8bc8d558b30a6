package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The life of the model, as Ollama's scheduler has it: cold until somebody wants it, loading for as long as that one waits
 * (a load whose client leaves begins anew for the next), warm until {@code keep_alive} is over. Another name or another
 * {@code num_ctx} is another model, of which there is one at a time. Other than Ollama it does not wait for the answers of
 * the one before to end.
 */
final class RehearsalRunner {

    private final Duration loadTime;
    private final Slots loading = new Slots(1);
    private final Slots running;
    private volatile @Nullable Loaded loaded;

    RehearsalRunner(RehearsalSettings settings) {
        this.loadTime = settings.load();
        this.running = new Slots(settings.parallel());
    }

    /** Completes when the model is warm. */
    Mono<Void> load(String model, int numCtx, Duration keepAlive) {
        Mono<Void> load = Mono.defer(() -> isWarm(model, numCtx) ? Mono.<Void>empty() : after(loadTime))
                .then(Mono.fromRunnable(() -> keep(model, numCtx, keepAlive)));
        return isWarm(model, numCtx) || loadTime.isZero() ? load : loading.hold(() -> load).then();
    }

    /** Work that needs a slot of the warm model. */
    <T> Flux<T> run(Supplier<? extends Publisher<T>> work) {
        return running.hold(work);
    }

    /** Begins the time of {@code keep_alive} again. */
    void keep(String model, int numCtx, Duration keepAlive) {
        loaded = new Loaded(model, numCtx, Instant.now().plus(keepAlive));
    }

    void unload() {
        loaded = null;
    }

    /** The model that is warm now, if one is. */
    @Nullable
    Loaded loaded() {
        Loaded now = loaded;
        return now != null && Instant.now().isBefore(now.expiresAt()) ? now : null;
    }

    private boolean isWarm(String model, int numCtx) {
        Loaded now = loaded();
        return now != null && now.model().equals(model) && now.numCtx() == numCtx;
    }

    static Mono<Void> after(Duration time) {
        return time.isZero() ? Mono.empty() : Mono.delay(time).then();
    }

    /** A model in memory. */
    record Loaded(String model, int numCtx, Instant expiresAt) {}
}
