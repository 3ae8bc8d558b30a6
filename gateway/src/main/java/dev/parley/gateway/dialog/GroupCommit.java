package dev.parley.gateway.dialog;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

/**
 * Writes many small things in few large batches. An item that comes alone is written at once, so an idle system adds no delay,
 * and neither waits whoever says one thing after the other. In a crowd, which is where something came while something else was
 * being written a moment ago, a batch begins a little after the one before it, or when it is full: a batch costs nearly the
 * same whether it holds one item or ten, so a busy system pays once for many.
 *
 * <p><b>Order.</b> Items of one key are written in the order in which they came, and never by two batches at once: what one
 * batch wrote of a key is announced before the next batch with that key begins. Keys take turns.
 *
 * <p><b>Failures.</b> Where the database is away, everything that waits fails at once, since it would fare no better and
 * somebody waits for it. After any other failure the items of each key are tried by themselves, then each item, so that a bad one
 * harms only itself; where the writer was held up, those of one key fail together. Where nothing is heard of an item for too long
 * its submitter is told so; it may be written all the same.
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
     * @param gathering from the beginning of a batch to that of the next in a crowd; zero: until a lane is free
     * @param patience after which a submitter is told {@link Problem#UNAVAILABLE}, give or take a tenth
     */
    record Limits(int lanes, int batchSize, int pendingPerKey, int pending, Duration gathering,
            Duration patience) {}

    private final Limits limits;
    private final Function<List<T>, Mono<List<R>>> writer;
    private final BiConsumer<R, Runnable> announcer;
    private final Predicate<Throwable> away;
    private final Predicate<Throwable> heldUp;
    private final Scheduler clock;

    private final Queue<Runnable> tasks = Queues.<Runnable>unboundedMultiproducer().get();
    private final AtomicInteger pendingTasks = new AtomicInteger();

    // Touched only while draining.
    private final Pace pace;
    private final Map<K, Line> lines = new HashMap<>();
    private final ArrayDeque<Line> ready = new ArrayDeque<>();
    private final List<Batch> writing = new ArrayList<>();
    private int waiting;
    private int beingWritten;
    private boolean gathering;
    private boolean watchingTheClock;

    /**
     * @param writer writes a batch, all of it or nothing, and returns as many results in the same order
     * @param announcer is told each result once, and runs the task that it is given to tell the submitter
     * @param away whether a failure speaks of the database and not of what was written
     * @param heldUp whether a failure speaks of what others do to one of the keys just now, and would come again for it
     * @param clock by which patience ends; one timer for all
     */
    GroupCommit(Limits limits, Function<List<T>, Mono<List<R>>> writer, BiConsumer<R, Runnable> announcer,
            Predicate<Throwable> away, Predicate<Throwable> heldUp, Scheduler clock) {
        this.limits = limits;
        this.writer = writer;
        this.announcer = announcer;
        this.away = away;
        this.heldUp = heldUp;
        this.clock = clock;
        this.pace = new Pace(limits.gathering(), clock);
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

    /** What is written together, and the lines that it was taken from. */
    private final class Batch {
        private final List<Line> lines;
        private final List<Item> items;
        private boolean isAnswered;

        Batch(List<Line> lines, List<Item> items) {
            this.lines = lines;
            this.items = items;
        }
    }

    private final class Item {
        private final K key;
        private final T value;
        private final MonoSink<R> watcher;
        private final long since = clock.now(TimeUnit.MILLISECONDS);
        private final AtomicBoolean told = new AtomicBoolean();

        Item(K key, T value, MonoSink<R> watcher) {
            this.key = key;
            this.value = value;
            this.watcher = watcher;
        }

        void succeed(R result) {
            if (told.compareAndSet(false, true)) {
                watcher.success(result);
            }
        }

        void fail(Throwable error) {
            if (told.compareAndSet(false, true)) {
                watcher.error(error);
            }
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
        if (waiting + beingWritten >= limits.pending()) {
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
        line.items.add(new Item(key, value, watcher));
        waiting++;
        watchTheClock();
        if (waiting > 1 || writing.stream().anyMatch(batch -> !batch.isAnswered)) {
            pace.crowded();
        }
        writeWhatCanBe();
    }

    private void writeWhatCanBe() {
        while (writing.size() < limits.lanes() && !ready.isEmpty()) {
            long untilNext = pace.untilNext();
            if (untilNext > 0 && waiting < limits.batchSize()) {
                gather(untilNext);
                return;
            }
            pace.begins();
            List<Line> batchLines = new ArrayList<>();
            List<Item> items = new ArrayList<>();
            while (items.size() < limits.batchSize() && !ready.isEmpty()) {
                Line line = ready.remove();
                batchLines.add(line);
                while (items.size() < limits.batchSize() && !line.items.isEmpty()) {
                    items.add(line.items.remove());
                }
            }
            Batch batch = new Batch(batchLines, items);
            writing.add(batch);
            waiting -= items.size();
            beingWritten += items.size();
            // Nobody disposes of this: a batch ends by itself, within the bounds of the pool and of the statement.
            write(items, () -> enqueue(() -> batch.isAnswered = true))
                    .subscribe(nothing -> {}, error -> {}, () -> enqueue(() -> release(batch)));
        }
    }

    private void gather(long nanos) {
        if (!gathering) {
            gathering = true;
            clock.schedule(() -> enqueue(this::endGathering), nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void endGathering() {
        gathering = false;
        writeWhatCanBe();
    }

    /** Writes and announces. It never fails: whoever submitted is told. */
    private Mono<Void> write(List<Item> items, Runnable answered) {
        return Mono.defer(() -> writer.apply(items.stream().map(item -> item.value).toList()))
                .doOnNext(results -> {
                    // First: whoever says the next thing as soon as it is told is not held up by what is over.
                    answered.run();
                    announce(items, results);
                })
                .then()
                .onErrorResume(error -> recover(items, error));
    }

    private Mono<Void> recover(List<Item> items, Throwable error) {
        if (away.test(error)) {
            items.forEach(item -> item.fail(error));
            enqueue(() -> failAllThatWait(error));
            return Mono.empty();
        }
        boolean isOfOneKey = items.stream().allMatch(item -> item.key.equals(items.getFirst().key));
        if (items.size() == 1 || (isOfOneKey && heldUp.test(error))) {
            items.forEach(item -> item.fail(error));
            return Mono.empty();
        }
        return Flux.fromIterable(isOfOneKey ? each(items) : byKey(items))
                .concatMap(some -> areWaitedFor(some) ? write(some, () -> {}) : Mono.empty())
                .then();
    }

    private List<List<Item>> each(List<Item> items) {
        return items.stream().map(List::of).toList();
    }

    private List<List<Item>> byKey(List<Item> items) {
        Map<K, List<Item>> parts = new LinkedHashMap<>();
        items.forEach(item -> parts.computeIfAbsent(item.key, key -> new ArrayList<>()).add(item));
        return List.copyOf(parts.values());
    }

    /** Whether anybody does: one after the other, they may take longer than that. */
    private boolean areWaitedFor(List<Item> items) {
        return items.stream().anyMatch(item -> !item.told.get());
    }

    private void announce(List<Item> items, List<R> results) {
        for (int i = 0; i < items.size(); i++) {
            R result = results.get(i);
            Item item = items.get(i);
            announcer.accept(result, () -> item.succeed(result));
        }
    }

    private void release(Batch batch) {
        writing.remove(batch);
        beingWritten -= batch.items.size();
        for (Line line : batch.lines) {
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
            line.items.forEach(item -> item.fail(error));
            line.items.clear();
        });
        waiting = 0;
        ready.forEach(line -> lines.remove(line.key));
        ready.clear();
    }

    private void watchTheClock() {
        if (!watchingTheClock) {
            watchingTheClock = true;
            clock.schedule(() -> enqueue(this::endPatience), limits.patience().toMillis() / 10, TimeUnit.MILLISECONDS);
        }
    }

    private void endPatience() {
        long due = clock.now(TimeUnit.MILLISECONDS) - limits.patience().toMillis();
        ProblemException tooLate = Problem.UNAVAILABLE.exception().retryAfter(SLOW_DOWN);
        writing.forEach(
                batch -> batch.items.stream().filter(item -> item.since <= due).forEach(item -> item.fail(tooLate)));
        for (Line line : lines.values()) {
            Item oldest;
            while ((oldest = line.items.peek()) != null && oldest.since <= due) {
                line.items.remove();
                waiting--;
                oldest.fail(tooLate);
            }
        }
        ready.removeIf(line -> line.items.isEmpty() && lines.remove(line.key, line));
        watchingTheClock = false;
        if (waiting + beingWritten > 0) {
            watchTheClock();
        }
    }
}
