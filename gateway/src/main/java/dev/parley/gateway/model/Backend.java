package dev.parley.gateway.model;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One server of models as the gateway sees it: whether it answers, whether what it does succeeds, and where each model on it
 * stands. A load belongs to this backend and to nobody who waits for it, so nobody can abort it by leaving.
 *
 * <p>Whether it answers says a probe; whether it works say its answers alone (the circuit breaker), since a server whose
 * model hangs answers every probe. One that says that it is busy is not broken. Safe for all threads.
 */
final class Backend {

    private static final Logger log = LoggerFactory.getLogger(Backend.class);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final Duration LOOK_PATIENCE = Duration.ofSeconds(2);
    private static final int FAILED_LOOKS = 2;

    private final ModelServer server;
    private final ModelLimits limits;
    private final Breaker breaker;
    private final Scheduler timer;
    private final Runnable changed;
    private final Map<String, ModelLife> lives = new HashMap<>();
    private final Disposable.Composite loads = Disposables.composite();
    private final Disposable.Swap watch = Disposables.swap();
    private int failedLooks;
    private int inFlight;

    /** @param changed called whenever it may be asked for more or for less than before; holds nothing up */
    Backend(ModelServer server, ModelLimits limits, Breaker breaker, Scheduler timer, Runnable changed) {
        this.server = server;
        this.limits = limits;
        this.breaker = breaker;
        this.timer = timer;
        this.changed = changed;
    }

    ModelKind kind() {
        return server.kind();
    }

    String url() {
        return server.url();
    }

    ModelServer server() {
        return server;
    }

    synchronized int inFlight() {
        return inFlight;
    }

    synchronized boolean isReachable() {
        return failedLooks < FAILED_LOOKS;
    }

    /** Whether it may be asked now, were its model warm. */
    boolean isUsable() {
        return isReachable() && breaker.permits();
    }

    /** {@code up}, {@code unreachable}, or what the breaker is where it is not closed. */
    private String state() {
        return !isReachable() ? "unreachable" : switch (breaker.state()) {
            case CLOSED, DISABLED, METRICS_ONLY -> "up";
            case OPEN, FORCED_OPEN -> "open";
            case HALF_OPEN -> "half_open";
        };
    }

    /** For people to read. */
    synchronized BackendStatus status() {
        Map<String, String> models = new HashMap<>();
        lives.keySet().forEach(model -> models.put(model, life(model).name().toLowerCase(Locale.ROOT)));
        return new BackendStatus(url(), state(), inFlight, models);
    }

    synchronized ModelLife.State life(String model) {
        ModelLife.State state = lifeOf(model).state(now());
        return server.loadsModels() || state == ModelLife.State.FAILED ? state : ModelLife.State.WARM;
    }

    synchronized boolean isMissing(String model) {
        return lifeOf(model).isMissing(now());
    }

    private ModelLife lifeOf(String model) {
        return lives.computeIfAbsent(model, name -> new ModelLife());
    }

    /** Loads the model, if it is cold; returns at once. */
    void load(String model) {
        synchronized (this) {
            if (life(model) != ModelLife.State.COLD) {
                return;
            }
            lifeOf(model).load();
        }
        log.info("Loading model {} at {}", model, url());
        Disposable.Swap load = Disposables.swap();
        loads.add(load);
        load.update(server.load(model)
                .timeout(limits.load(), timer)
                .doFinally(signal -> loads.remove(load))
                .subscribe(nothing -> {}, error -> loaded(model, error), () -> loaded(model, null)));
        changed.run();
    }

    private void loaded(String model, @Nullable Throwable error) {
        synchronized (this) {
            if (error == null) {
                lifeOf(model).warm(now(), keepAlive());
            } else {
                lifeOf(model).failed(now(), isMissingModel(error));
            }
        }
        if (error == null) {
            log.info("Model {} is loaded at {}", model, url());
        } else {
            log.warn("Model {} could not be loaded at {}: {}", model, url(), error.getMessage());
            if (isAway(error)) {
                seen(false);
            }
        }
        changed.run();
    }

    /** Asks the model, within its time limits but that for all tries together. */
    Flux<ModelEvent> chat(ModelRequest request) {
        return Flux.defer(() -> {
            if (!breaker.tryAcquire()) {
                return Flux.error(new NotReadyException());
            }
            Call call = new Call(request.model());
            return ModelTimeouts.silence(server.chat(request), limits.firstToken(), limits.idle(), timer)
                    .doOnNext(event -> call.spoke = true)
                    .doOnComplete(call::succeeded)
                    .doOnError(call::failed)
                    .doOnCancel(call::left);
        });
    }

    /** One request from its beginning to its end. Somebody may leave at the moment at which it ends; the first counts. */
    private final class Call {

        private final String model;
        private final long since = now();
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile boolean spoke;

        Call(String model) {
            this.model = model;
            synchronized (Backend.this) {
                inFlight++;
            }
        }

        void succeeded() {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            synchronized (Backend.this) {
                inFlight--;
                lifeOf(model).warm(now(), keepAlive());
            }
            breaker.succeeded(now() - since);
        }

        void left() {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            synchronized (Backend.this) {
                inFlight--;
            }
            if (spoke) {
                breaker.succeeded(now() - since);
            } else {
                breaker.release();
            }
        }

        void failed(Throwable error) {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            synchronized (Backend.this) {
                inFlight--;
                if (isMissingModel(error)) {
                    lifeOf(model).failed(now(), true);
                } else if (mayHaveUnloaded(error)) {
                    lifeOf(model).cold();
                }
            }
            if (isAway(error)) {
                seen(false);
            }
            if (isFault(error)) {
                breaker.failed(now() - since, error);
            } else {
                breaker.release();
            }
            changed.run();
        }
    }

    private static boolean isFault(Throwable error) {
        return !(error instanceof ModelException failure) || switch (failure.kind()) {
            case BUSY, REFUSED, MISSING -> false;
            case UNREACHABLE, OVERLOADED, FAILED, TRUNCATED -> true;
        };
    }

    /** A load of a model that is still there costs nothing, and one that has crashed has to be loaded first. */
    private static boolean mayHaveUnloaded(Throwable error) {
        return error instanceof ModelException failure && switch (failure.kind()) {
            case UNREACHABLE, OVERLOADED, FAILED -> true;
            case BUSY, TRUNCATED, REFUSED, MISSING -> false;
        };
    }

    private static boolean isMissingModel(Throwable error) {
        return error instanceof ModelException failure && failure.kind() == ModelException.Kind.MISSING;
    }

    /** Whether nobody is there to connect to. One who breaks a connection is, and it is the breaker that counts those. */
    private static boolean isAway(Throwable error) {
        return error instanceof ModelException failure
                && switch (failure.getCause()) {
                    case ConnectException e -> true;
                    case NoRouteToHostException e -> true;
                    case UnknownHostException e -> true;
                    case null, default -> false;
                };
    }

    /** Looks at the server now and then, until stopped. */
    void watch() {
        watch.update(Mono.defer(this::look)
                .repeatWhen(looked -> looked.concatMap(
                        n -> Mono.delay(isAnswering() ? LOOK_EVERY : LOOK_AGAIN, timer)))
                .subscribe());
    }

    void close() {
        watch.dispose();
        loads.dispose();
        breaker.close();
        server.close();
    }

    private synchronized boolean isAnswering() {
        return failedLooks == 0;
    }

    private Mono<Void> look() {
        long begun = now();
        return server.reachable().doOnNext(this::seen).filter(answers -> answers && server.loadsModels())
                .flatMap(answers -> server.loaded().timeout(LOOK_PATIENCE, timer))
                .doOnNext(models -> compare(models, begun))
                .onErrorComplete() // a server that is slow to say what it has loaded is not broken
                .then();
    }

    private void seen(boolean answers) {
        boolean was = isReachable();
        synchronized (this) {
            failedLooks = answers ? 0 : failedLooks + 1;
        }
        if (was == isReachable()) {
            return;
        }
        if (answers) {
            log.info("{} answers again", url());
            breaker.forget(); // of what was before it went away
        } else {
            log.warn("{} does not answer", url());
        }
        changed.run();
    }

    /** What is not in memory any more is cold, unless it was loaded or used since the server was asked. */
    private synchronized void compare(List<ModelServer.Loaded> models, long asked) {
        lives.forEach((name, life) -> {
            if (life.state(now()) == ModelLife.State.WARM && life.warmSince() - asked < 0 && inFlight == 0) {
                models.stream().filter(model -> isSame(model.model(), name)).findAny().ifPresentOrElse(
                        model -> life.keep(now(), remaining(model.until())), life::cold);
            }
        });
    }

    /** Ollama says {@code :latest} where nobody else does. */
    private static boolean isSame(String one, String other) {
        return one.equals(other) || one.equals(other + ":latest") || other.equals(one + ":latest");
    }

    private @Nullable Duration remaining(@Nullable Instant until) {
        return until == null
                ? null
                : Duration.between(Instant.ofEpochMilli(timer.now(TimeUnit.MILLISECONDS)), until);
    }

    private @Nullable Duration keepAlive() {
        return limits.keepAlive().isNegative() ? null : limits.keepAlive();
    }

    private long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }
}
