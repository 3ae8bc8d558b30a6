package dev.parley.gateway.rehearsal;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of the models, as Ollama's scheduler has it. A request for a model in memory goes past all others. One for a
 * model that is not, or was loaded with other options, joins the load queue, of which one at a time is served: it waits
 * until a model to make room is idle, and then for the load; all behind it wait, too. A load belongs to the request that
 * began it and ends with it; the next one in the queue begins anew. Who leaves the queue keeps the place in it until the
 * queue comes to it. For the event loop alone.
 */
final class Runners {

    /** Netty's timers end at some 292 years. */
    private static final Duration FOR_EVER = Duration.ofDays(100 * 365);

    private final EventExecutor loop;
    private final Supplier<RehearsalSettings> settings;
    private final RehearsalLedger ledger;
    private final Map<String, Runner> loaded = new LinkedHashMap<>();
    private final Deque<Request> queue = new ArrayDeque<>();
    private @Nullable Request served;
    private @Nullable Future<?> load;

    Runners(EventExecutor loop, Supplier<RehearsalSettings> settings, RehearsalLedger ledger) {
        this.loop = loop;
        this.settings = settings;
        this.ledger = ledger;
    }

    /** Who waits for a model. */
    interface Waiting {

        /** It is being loaded for this one. */
        void loading();

        void ready(Runner runner);
    }

    /** Asks for a model; what comes of it is told to {@code waiting}, perhaps before this returns. */
    Request want(Asked asked, Waiting waiting) {
        var request = new Request(asked, waiting);
        Runner runner = loaded.get(asked.runnerName());
        if (runner != null && runner.fits(asked.runnerOptions())) {
            request.has(runner);
        } else if (queue.size() >= settings.get().memory().maxQueue() && served != null) {
            throw new OllamaError(503, Fault.QUEUE_FULL);
        } else {
            queue.add(request);
            serveNext();
        }
        return request;
    }

    /** Lets a model go as soon as it is idle. */
    void unload(String model) {
        Runner runner = loaded.get(model);
        if (runner != null) {
            expire(runner);
        }
    }

    /** Those in memory; one that is being loaded is not yet. */
    Collection<Runner> loaded() {
        return List.copyOf(loaded.values());
    }

    /** Has the number of slots looked at anew. */
    void settingsHaveChanged() {
        loaded().forEach(runner -> runner.slots().serve());
    }

    private void serveNext() {
        while (served == null && !queue.isEmpty()) {
            Request next = queue.remove();
            if (!next.isGone) {
                served = next;
                serve(next);
            }
        }
    }

    private void serve(Request request) {
        String model = request.asked.runnerName();
        Runner old = loaded.get(model);
        if (old != null && old.fits(request.asked.runnerOptions())) {
            served = null;
            request.has(old);
            return;
        }
        Memory memory = settings.get().memory();
        if (old != null || loaded.size() >= memory.maxLoaded()) {
            // Whoever is unloaded next, and be it another one, has this looked at again.
            expire(old != null ? old : victim());
            return;
        }
        ledger.loadBegun(model);
        request.waiting.loading();
        if (memory.load().isZero()) {
            loaded(request);
        } else {
            load = loop.schedule(() -> {
                loaded(request);
                serveNext();
            }, memory.load().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void loaded(Request request) {
        load = null;
        served = null;
        String model = request.asked.runnerName();
        var slots = new Slots(loop, () -> settings.get().memory().parallel(model));
        var runner = new Runner(model, request.asked.runnerOptions(), slots, settings.get().memory().keepAlive());
        loaded.put(model, runner);
        ledger.loadFinished(model);
        request.has(runner);
    }

    /** The one that is idle and would go first; if none is idle, the one that would go first. */
    private Runner victim() {
        return loaded.values().stream()
                .min(Comparator.comparing((Runner runner) -> !runner.isIdle()).thenComparing(Runner::keepAlive))
                .orElseThrow();
    }

    private void expire(Runner runner) {
        runner.expire();
        if (runner.isIdle()) {
            goes(runner);
        }
    }

    private void goes(Runner runner) {
        if (!runner.isIdle() || !loaded.remove(runner.model(), runner)) {
            return;
        }
        runner.isGone();
        ledger.unloaded(runner.model());
        Request waits = served;
        if (waits == null || load != null) {
            return;
        }
        // Ollama would load for one who has left meanwhile, and stop at once.
        if (waits.isGone) {
            served = null;
        } else {
            serve(waits);
        }
        serveNext();
    }

    private void rests(Runner runner) {
        if (runner.keepAlive().isZero()) {
            goes(runner);
        } else {
            Duration time = runner.keepAlive().compareTo(FOR_EVER) > 0 ? FOR_EVER : runner.keepAlive();
            runner.goesAt(loop.schedule(() -> goes(runner), time.toNanos(), TimeUnit.NANOSECONDS));
        }
    }

    /** One who wants a model, waits for it or has it. */
    final class Request {

        private final Asked asked;
        private final Waiting waiting;
        private @Nullable Runner runner;
        private boolean isGone;

        private Request(Asked asked, Waiting waiting) {
            this.asked = asked;
            this.waiting = waiting;
        }

        private void has(Runner runner) {
            this.runner = runner;
            runner.join(asked.keepAlive());
            waiting.ready(runner);
        }

        /** Gives the model back, or the waiting for it up. */
        void leave() {
            if (isGone) {
                return;
            }
            isGone = true;
            Runner mine = runner;
            if (mine != null) {
                mine.leave();
                if (mine.isIdle()) {
                    rests(mine);
                }
            } else if (served == this && load != null) {
                load.cancel(false);
                load = null;
                served = null;
                ledger.loadAborted(asked.runnerName());
                serveNext();
            }
        }
    }
}
