package dev.parley.gateway.model;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * All servers that have models, as one: says whether a model can be asked, has it loaded where it cannot, and asks it where it
 * is warm and least is under way. What fails before the first word is tried again, elsewhere first.
 *
 * <p>It counts how much the servers bear, see {@link #concurrency}, but holds nobody up: whoever asks does so no more often
 * than that. Safe for all threads.
 */
public final class Models implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Models.class);

    private final List<Backend> backends;
    private final ModelLimits limits;
    private final Concurrency concurrency;
    private final ModelMeters meters;
    private final Scheduler timer;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** @param concurrency most answers at once */
    public Models(List<? extends ModelServer> servers, ModelLimits limits, int concurrency, MeterRegistry registry,
            Scheduler timer) {
        this.limits = limits;
        this.concurrency = new Concurrency(concurrency, limits.adaptive());
        this.timer = timer;
        this.meters = new ModelMeters(registry, this::concurrency);
        CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(registry);
        this.backends = servers.stream()
                .map(server -> new Backend(server, limits,
                        new Breaker(breakers, server.url(), limits.breakerCalls(), timer, this::changed), timer,
                        this::changed))
                .toList();
    }

    /** Begins to look after the servers. */
    public void start() {
        backends.forEach(Backend::watch);
    }

    @Override
    public void close() {
        backends.forEach(Backend::close);
    }

    /** Has the task run whenever more or less can be asked than before; on any thread, so it must not wait. */
    public void onChange(Runnable task) {
        listeners.add(task);
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    /** The model of that name, or the default where none is named. */
    public ModelName name(ModelKind kind, @Nullable String name) {
        return new ModelName(kind, name == null ? first(kind).map(ModelServer::defaultModel).orElse("") : name);
    }

    /** How much a conversation with the model may hold, with its answer; 0 where nobody has it. */
    public int contextTokens(ModelName name) {
        return first(name.kind()).map(ModelServer::contextTokens).orElse(0);
    }

    private Optional<ModelServer> first(ModelKind kind) {
        return backends.stream().map(Backend::server).filter(server -> server.kind() == kind).findFirst();
    }

    /** How many answers may run at once, as things are. */
    public int concurrency() {
        return concurrency.limit();
    }

    /** Whether answers have to run one after the other because the servers could not bear more. */
    public boolean isFallback() {
        return concurrency.most() > 1 && concurrency.limit() == 1;
    }

    /** The servers as they stand. */
    public List<BackendStatus> status() {
        return backends.stream().map(Backend::status).toList();
    }

    public Readiness readiness(ModelName name) {
        if (usable(name).anyMatch(backend -> backend.life(name.name()) == ModelLife.State.WARM)) {
            return Readiness.READY;
        }
        if (usable(name).anyMatch(backend -> backend.life(name.name()) != ModelLife.State.FAILED)) {
            return Readiness.LOADING;
        }
        return of(name).allMatch(backend -> backend.isMissing(name.name())) ? Readiness.MISSING : Readiness.DOWN;
    }

    /**
     * Somebody waits for the model: has it loaded on one more server, unless it is loading already, or warm on one that has
     * less to do than its share.
     */
    public void want(ModelName name) {
        List<Backend> usable = usable(name).toList();
        if (usable.isEmpty()) {
            return;
        }
        int share = Math.ceilDiv(concurrency(), usable.size());
        boolean suffices = usable.stream().anyMatch(backend -> switch (backend.life(name.name())) {
            case LOADING -> true;
            case WARM -> backend.inFlight() < share;
            case COLD, FAILED -> false;
        });
        if (!suffices) {
            usable.stream()
                    .filter(backend -> backend.life(name.name()) == ModelLife.State.COLD)
                    .min(Comparator.comparingInt(Backend::inFlight))
                    .ifPresent(backend -> backend.load(name.name()));
        }
    }

    /**
     * The model's answer, within the time limits; one that is exceeded is a {@link TimeoutException}. Fails with
     * {@link NotReadyException}, having asked nobody, where nobody can be asked: wait then until that has changed, and go on
     * with the same tries.
     */
    public Flux<ModelEvent> chat(ModelName name, List<ModelRequest.Turn> turns, Tries tries) {
        ModelRequest request = new ModelRequest(name.name(), turns);
        Flux<ModelEvent> answer = Flux.defer(() -> attempt(name, request, tries))
                .retryWhen(Retry.from(failures -> failures.concatMap(failure -> again(failure.failure(), tries))));
        return ModelTimeouts.total(answer, limits.total(), timer);
    }

    private Mono<Long> again(Throwable error, Tries tries) {
        if (!isWorthAnotherTry(error) || !tries.mayTryAgain(limits.retries())) {
            return Mono.error(error);
        }
        log.info("The model is asked again: {}", error.getMessage());
        meters.retried();
        return Mono.delay(tries.pause(), timer);
    }

    private static boolean isWorthAnotherTry(Throwable error) {
        return switch (error) {
            case TimeoutException silence -> true;
            // A model that is missing here may be had elsewhere; here it is not ready any more.
            case ModelException failure -> failure.kind() != ModelException.Kind.REFUSED;
            default -> false;
        };
    }

    private Flux<ModelEvent> attempt(ModelName name, ModelRequest request, Tries tries) {
        want(name);
        return choose(name, tries).map(backend -> attempt(backend, request, tries))
                .orElseGet(() -> Flux.error(new NotReadyException()));
    }

    /** Who has not failed this answer yet, then who has least to do; where several are alike, any. */
    private Optional<Backend> choose(ModelName name, Tries tries) {
        List<Backend> warm = usable(name).filter(backend -> backend.life(name.name()) == ModelLife.State.WARM)
                .collect(java.util.stream.Collectors.toCollection(java.util.ArrayList::new));
        java.util.Collections.shuffle(warm);
        return warm.stream().min(Comparator.comparing(tries::hasFailedAt).thenComparingInt(Backend::inFlight));
    }

    private Flux<ModelEvent> attempt(Backend backend, ModelRequest request, Tries tries) {
        ModelMeters.Try measured = meters.begin(timer);
        return backend.chat(request).doOnNext(event -> {
            if (event instanceof ModelEvent.Text) {
                tries.spoke();
            }
            measured.heard(event);
        }).doOnComplete(() -> {
            if (concurrency.succeeded()) {
                changed();
            }
        }).doOnError(error -> failed(backend, error, tries));
    }

    private void failed(Backend backend, Throwable error, Tries tries) {
        if (error instanceof NotReadyException) {
            return;
        }
        tries.failedAt(backend);
        if (speaksOfOverload(error) && concurrency.overloaded()) {
            log.warn("{} cannot bear so much: answers run {} at a time", backend.url(), concurrency());
            changed();
        }
    }

    private static boolean speaksOfOverload(Throwable error) {
        return switch (error) {
            case TimeoutException silence -> true;
            case ModelException failure ->
                failure.kind() == ModelException.Kind.BUSY || failure.kind() == ModelException.Kind.OVERLOADED;
            default -> false;
        };
    }

    private Stream<Backend> usable(ModelName name) {
        return of(name).filter(Backend::isUsable);
    }

    private Stream<Backend> of(ModelName name) {
        return backends.stream().filter(backend -> backend.kind() == name.kind());
    }
}
