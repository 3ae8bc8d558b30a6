package dev.parley.gateway.capacity;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Messages of many dialogs that are committed by one PostgreSQL. Each node gathers them as its group commit does: two batches
 * under way, no more than a hundred messages each, in a crowd 2.5 ms from the beginning of one to that of the next. PostgreSQL
 * works on a batch with one of its processors; then the batch waits until the write-ahead log is on the disk, which is one
 * write at a time for all batches that have come by then.
 *
 * @param nodes that write
 * @param cores of PostgreSQL
 * @param fsync in seconds
 * @param batchCost of PostgreSQL's processor for each batch, in seconds
 * @param messageCost likewise for each message in it
 * @param network there and back, in seconds
 */
record CommitStream(int nodes, int cores, double fsync, double batchCost, double messageCost, double network) {

    private static final double NETWORK = 0.0005;
    private static final int LANES = 2;
    private static final int BATCH = 100;
    private static final double GATHERING = 0.0025;
    private static final int CROWD_LASTS = 8;

    /**
     * What was seen.
     *
     * @param perSecond messages committed
     * @param batch messages of one, on average
     * @param half and {@code most}: milliseconds until so many (50 and 99 of 100) were committed
     */
    record Outcome(double perSecond, double batch, double half, double most) {}

    static CommitStream of(int nodes, int cores, double fsync, Costs costs) {
        return new CommitStream(nodes, cores, fsync, costs.batch() / 1e6, costs.row() / 1e6, NETWORK);
    }

    /** With so many messages a second, which come at random; more than it can take are not let in. */
    Outcome run(long seed, double perSecond, double seconds) {
        return new Run(seed, perSecond).outcome(seconds);
    }

    private record Batch(Node node, List<Double> came) {}

    private static final class Node {

        private final ArrayDeque<Double> waiting = new ArrayDeque<>();
        private int lanes;
        private double nextBegins;
        private double crowdUntil;
        private boolean gathering;
    }

    private final class Run {

        private static final int PENDING = 20_000;

        private final Timeline time = new Timeline();
        private final Random random;
        private final List<Node> all = new ArrayList<>();
        private final ArrayDeque<Batch> ready = new ArrayDeque<>();
        private List<Batch> unflushed = new ArrayList<>();
        private final List<Double> latencies = new ArrayList<>();
        private int working;
        private boolean flushing;
        private int batches;

        Run(long seed, double perSecond) {
            random = new Random(seed);
            for (int i = 0; i < nodes; i++) {
                all.add(new Node());
            }
            arrive(perSecond);
        }

        private void arrive(double perSecond) {
            time.after(-Math.log(1 - random.nextDouble()) / perSecond, () -> {
                Node node = all.get(random.nextInt(nodes));
                if (node.waiting.size() < PENDING) {
                    node.waiting.add(time.now());
                    if (node.waiting.size() > 1 || node.lanes > 0) {
                        node.crowdUntil = time.now() + CROWD_LASTS * GATHERING;
                    }
                    write(node);
                }
                arrive(perSecond);
            });
        }

        private void write(Node node) {
            while (node.lanes < LANES && !node.waiting.isEmpty()) {
                double untilNext = time.now() < node.crowdUntil ? node.nextBegins - time.now() : 0;
                if (untilNext > 0 && node.waiting.size() < BATCH) {
                    gather(node, untilNext);
                    return;
                }
                node.nextBegins = time.now() + GATHERING;
                node.lanes++;
                List<Double> came = new ArrayList<>();
                while (came.size() < BATCH && !node.waiting.isEmpty()) {
                    came.add(node.waiting.remove());
                }
                time.after(network / 2, () -> {
                    ready.add(new Batch(node, came));
                    work();
                });
            }
        }

        private void gather(Node node, double untilNext) {
            if (!node.gathering) {
                node.gathering = true;
                time.after(untilNext, () -> {
                    node.gathering = false;
                    write(node);
                });
            }
        }

        private void work() {
            while (working < cores && !ready.isEmpty()) {
                Batch batch = ready.remove();
                working++;
                time.after(batchCost + messageCost * batch.came().size(), () -> {
                    working--;
                    unflushed.add(batch);
                    flush();
                    work();
                });
            }
        }

        private void flush() {
            if (!flushing && !unflushed.isEmpty()) {
                flushing = true;
                List<Batch> flushed = unflushed;
                unflushed = new ArrayList<>();
                time.after(fsync, () -> {
                    flushing = false;
                    flushed.forEach(batch -> time.after(network / 2, () -> committed(batch)));
                    flush();
                });
            }
        }

        private void committed(Batch batch) {
            batches++;
            batch.came().forEach(came -> latencies.add(time.now() - came));
            batch.node().lanes--;
            write(batch.node());
        }

        Outcome outcome(double seconds) {
            double warm = seconds / 4;
            time.run(warm);
            latencies.clear();
            batches = 0;
            time.run(seconds);
            double[] sorted = latencies.stream().mapToDouble(each -> each * 1e3).sorted().toArray();
            return sorted.length == 0
                    ? new Outcome(0, 0, Double.NaN, Double.NaN)
                    : new Outcome(sorted.length / (seconds - warm), (double) sorted.length / batches,
                            sorted[sorted.length / 2], sorted[(int) (sorted.length * 0.99)]);
        }
    }
}
