package dev.parley.gateway.dialog;

import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.concurrent.Queues;

/**
 * Writes many small things in few large batches, without a timer: while batches are being written the next one gathers, so an
 * idle system adds no delay and a busy one pays one commit for many.
 *
 * <p><b>Order.</b> Items of one key are written in the order in which they came, and never by two batches at once: what one
 * batch wrote of a key is announced before the next batch with that key begins. Keys take turns.
 *
 * <p><b>Failures.</b> Where the database is away, everything that waits fails at once, since it would fare no better and
 * somebody waits for it. After any other failure each item of the batch is tried by itself, so that a bad one harms only
 * itself.
 *
 * <p><b>Threads.</b> Anybody may submit, on any thread. The state is touched only by the thread that drains the queue of tasks,
 * whichever that is. Results are announced on the writer's thread.
 *
 * <p>A submitter that cancels stops watching; its item is written all the same.
 *
 * @param <K> what no two batches may write at once
 * @param <T> what is written
 * @param <R> what became of it
 */
final class GroupCommit<K, T, R> {

    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);

    private static final Duration SLOW_DOWN = Duration.ofSeconds(1);

    /**
     * @param lanes batches written at a time
     * @param batchSize items of a batch at most
     * @param pendingPerKey items of one key that may be unwritten before more are refused as {@link Problem#RATE_LIMITED}
     * @param pending items in all that may be unwritten before more are refused as {@link Problem#UNAVAILABLE}
     */
    record Limits(int lanes, int batchSize, int pendingPerKey, int pending) {}

    private final Limits limits;
    private final Function<List<T>, Mono<List<R>>> writer;
    private final BiConsumer<R, Runnable> announcer;
    private final Predicate<Throwable> away;

    private final Queue<Runnable> tasks = Queues.<Runnable>unboundedMultiproducer().get();
    private final AtomicInteger pendingTasks = new AtomicInteger();

    // Touched only while draining.
    private final Map<K, Line> lines = new HashMap<>();
    private final ArrayDeque<Line> ready = new ArrayDeque<>();
    private int unwritten;
    private int writing;

    /**
     * @param writer writes a batch, all of it or nothing, and returns as many results in the same order
     * @param announcer is told each result once, and runs the task that it is given to tell the submitter
     * @param away whether a failure speaks of the database and not of what was written
     */
    GroupCommit(Limits limits, Function<List<T>, Mono<List<R>>> writer, BiConsumer<R, Runnable> announcer,
            Predicate<Throwable> away) {
        this.limits = limits;
        this.writer = writer;
        this.announcer = announcer;
        this.away = away;
    }

    /** Enqueues the item when subscribed to, and tells what became of it. */
    Mono<R> submit(K key, T item) {
        return Mono.create(watcher -> enqueue(() -> add(key, item, watcher)));
    }

    /** The unwritten items of a key, in order. It is ready, or being written, or gone. */
    private final class Line {
        private final K key;
        private final ArrayDeque<Item> items = new ArrayDeque<>();

        Line(K key) {
            this.key = key;
        }
    }

    private final class Item {
        private final T value;
        private final MonoSink<R> watcher;

        Item(T value, MonoSink<R> watcher) {
            this.value = value;
            this.watcher = watcher;
        }
    }

    private void enqueue(Runnable task) {
        tasks.add(task);
        if (pendingTasks.getAndIncrement() != 0) {
            return;
        }
        int done = 1;
        do {
            Runnable next;
            while ((next = tasks.poll()) != null) {
                runSafely(next);
            }
            done = pendingTasks.addAndGet(-done);
        } while (done != 0);
    }

    /** One task that fails must not stop those behind it: nobody else would drain the queue ever again. */
    private static void runSafely(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError | LinkageError unexpected) {
            log.error("A task failed, and is left out", unexpected);
        }
    }

    private void add(K key, T value, MonoSink<R> watcher) {
        if (unwritten >= limits.pending()) {
            watcher.error(Problem.UNAVAILABLE.exception().retryAfter(SLOW_DOWN));
            return;
        }
        Line line = lines.get(key);
        if (line == null) {
            line = new Line(key);
            lines.put(key, line);
            ready.add(line);
        } else if (line.items.size() >= limits.pendingPerKey()) {
            watcher.error(Problem.RATE_LIMITED.with("Too many messages of this dialog wait to be stored; slow down")
                    .retryAfter(SLOW_DOWN));
            return;
        }
        line.items.add(new Item(value, watcher));
        unwritten++;
        writeWhatCanBe();
    }

    private void writeWhatCanBe() {
        while (writing < limits.lanes() && !ready.isEmpty()) {
            List<Line> batchLines = new ArrayList<>();
            List<Item> batch = new ArrayList<>();
            while (batch.size() < limits.batchSize() && !ready.isEmpty()) {
                Line line = ready.remove();
                batchLines.add(line);
                while (batch.size() < limits.batchSize() && !line.items.isEmpty()) {
                    batch.add(line.items.remove());
                }
            }
            writing++;
            // Nobody disposes of this: a batch ends by itself, within the bounds of the pool and of the statement.
            write(batch).subscribe(everythingFails -> {}, error -> {},
                    () -> enqueue(() -> release(batchLines, batch.size())));
        }
    }

    /** Writes and announces. It never fails: whoever submitted is told. */
    private Mono<Void> write(List<Item> batch) {
        return Mono.defer(() -> writer.apply(batch.stream().map(item -> item.value).toList()))
                .doOnNext(results -> announce(batch, results))
                .then()
                .onErrorResume(error -> recover(batch, error));
    }

    private Mono<Void> recover(List<Item> batch, Throwable error) {
        if (away.test(error)) {
            batch.forEach(item -> item.watcher.error(error));
            enqueue(() -> failAllThatWait(error));
            return Mono.empty();
        }
        if (batch.size() == 1) {
            batch.getFirst().watcher.error(error);
            return Mono.empty();
        }
        return Flux.fromIterable(batch).concatMap(item -> write(List.of(item))).then();
    }

    private void announce(List<Item> batch, List<R> results) {
        for (int i = 0; i < batch.size(); i++) {
            R result = results.get(i);
            MonoSink<R> watcher = batch.get(i).watcher;
            announcer.accept(result, () -> watcher.success(result));
        }
    }

    private void release(List<Line> batchLines, int written) {
        writing--;
        unwritten -= written;
        for (Line line : batchLines) {
            if (line.items.isEmpty()) {
                lines.remove(line.key);
            } else {
                ready.add(line);
            }
        }
        writeWhatCanBe();
    }

    private void failAllThatWait(Throwable error) {
        lines.values().forEach(line -> {
            unwritten -= line.items.size();
            line.items.forEach(item -> item.watcher.error(error));
            line.items.clear();
        });
        ready.forEach(line -> lines.remove(line.key));
        ready.clear();
    }
}
