package dev.parley.gateway.cluster;

import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.concurrent.Queues;

/**
 * Works on what comes from the bus, so that the thread that reads Redis' connection never waits: whoever reads too slowly is
 * thrown out by Redis. What comes of one dialog is worked on in its order. Each worker has room for a few thousand; what
 * comes beyond that is dropped, and told as lost.
 */
final class BusWorkers implements Disposable {

    private static final Logger log = LoggerFactory.getLogger(BusWorkers.class);
    private static final int ROOM = 4096;

    private final Scheduler threads;
    private final List<Worker> workers;
    private final Counter dropped;

    BusWorkers(int count, Counter dropped) {
        this.threads = Schedulers.newParallel("bus", count, true);
        this.workers = Stream.generate(() -> new Worker(threads.createWorker())).limit(count).toList();
        this.dropped = dropped;
    }

    /** Has the task run soon; returns false where there is no room, and it never is. */
    boolean offer(long dialogId, Runnable task) {
        boolean taken = workers.get(Math.floorMod(Long.hashCode(dialogId), workers.size())).offer(task);
        if (!taken) {
            dropped.increment();
        }
        return taken;
    }

    @Override
    public void dispose() {
        threads.dispose();
    }

    private static final class Worker {

        private final Scheduler.Worker thread;
        private final Queue<Runnable> tasks = Queues.<Runnable>unboundedMultiproducer().get();
        private final AtomicInteger waiting = new AtomicInteger();
        private final AtomicInteger pending = new AtomicInteger();

        Worker(Scheduler.Worker thread) {
            this.thread = thread;
        }

        boolean offer(Runnable task) {
            if (waiting.incrementAndGet() > ROOM) {
                waiting.decrementAndGet();
                return false;
            }
            tasks.add(task);
            if (pending.getAndIncrement() == 0) {
                thread.schedule(this::work);
            }
            return true;
        }

        private void work() {
            int done = 1;
            do {
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    waiting.decrementAndGet();
                    runSafely(task);
                }
                done = pending.addAndGet(-done);
            } while (done != 0);
        }

        private static void runSafely(Runnable task) {
            try {
                task.run();
            } catch (RuntimeException | AssertionError | LinkageError unexpected) {
                log.error("What came from another node could not be worked on, and is left out", unexpected);
            }
        }
    }
}
