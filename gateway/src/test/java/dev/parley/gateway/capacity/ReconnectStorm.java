package dev.parley.gateway.capacity;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * All clients of a node that has died come to one that lives, as the client library does: half a second to a second after
 * they have noticed, by a WebSocket; where that says nothing for eight seconds, at once by server-sent events; where those say
 * nothing for four, at once by polls, which are waited for without end. Who polls tries a WebSocket again after five
 * seconds, once.
 *
 * <p>To open a connection is work for the node's processors, which all that are being opened share evenly: the worst case
 * for those who give up, since then all of them are late together. What is done for one that gives up is lost.
 *
 * @param clients that come to this node
 * @param cores of this node that are left for it
 * @param cost of opening a connection, in seconds of a processor
 * @param noticed the time over which they notice: nearly none where connections are reset, 25 s where a machine is silent
 */
record ReconnectStorm(int clients, double cores, double cost, double noticed) {

    private static final double FIRST_PAUSE = 0.5;
    private static final double[] PATIENCE = {8, 4, Double.POSITIVE_INFINITY};
    private static final double BETTER_AFTER = 5;

    /**
     * What becomes of them.
     *
     * @param half seconds until half of them are whole
     * @param all until all of them are
     * @param fellBack who did not come by a WebSocket at first
     * @param stillPolling who found no WebSocket the second time, either, and polls for an hour
     * @param openings that were begun
     */
    record Outcome(double half, double all, int fellBack, int stillPolling, int openings) {}

    Outcome run(long seed) {
        return new Run(seed).outcome();
    }

    /** All that is being opened, each of which gets the same share of the processors, and none more than one of them. */
    private final class Processors {

        private final Timeline time;
        private final PriorityQueue<Opening> openings = new PriorityQueue<>(
                Comparator.comparingDouble((Opening opening) -> opening.doneAt)
                        .thenComparingInt(opening -> opening.number));
        /** What each that is being opened has got of a processor since the beginning, had it been there all the time. */
        private double given;
        private double givenAt;
        private int active;
        private int begun;

        Processors(Timeline time) {
            this.time = time;
        }

        Opening begin(Runnable done) {
            advance();
            Opening opening = new Opening(given + cost, begun++, done);
            openings.add(opening);
            active++;
            plan();
            return opening;
        }

        void giveUp(Opening opening) {
            advance();
            opening.isOver = true;
            active--;
            plan();
        }

        private void advance() {
            given += (time.now() - givenAt) * share();
            givenAt = time.now();
        }

        private double share() {
            return active == 0 ? 1 : Math.min(1, cores / active);
        }

        private void plan() {
            while (!openings.isEmpty() && openings.peek().isOver) {
                openings.remove();
            }
            Opening next = openings.peek();
            if (next != null) {
                double left = Math.max(0, next.doneAt - given) / share();
                int as = ++planned;
                time.after(left, () -> {
                    if (as == planned) {
                        finish(next);
                    }
                });
            }
        }

        private int planned;

        private void finish(Opening opening) {
            advance();
            opening.isOver = true;
            openings.remove(opening);
            active--;
            plan();
            opening.done.run();
        }
    }

    private static final class Opening {

        private final double doneAt;
        private final int number;
        private final Runnable done;
        private boolean isOver;

        Opening(double doneAt, int number, Runnable done) {
            this.doneAt = doneAt;
            this.number = number;
            this.done = done;
        }
    }

    private final class Run {

        private final Timeline time = new Timeline();
        private final Processors processors = new Processors(time);
        private final List<Double> whole = new ArrayList<>();
        private int fellBack;
        private int stillPolling;

        Run(long seed) {
            Random random = new Random(seed);
            for (int i = 0; i < clients; i++) {
                time.after(random.nextDouble() * noticed + FIRST_PAUSE * (1 + random.nextDouble()), () -> come(0));
            }
            time.run(Double.MAX_VALUE);
        }

        private void come(int transport) {
            Opening opening = processors.begin(() -> isWhole(transport));
            if (PATIENCE[transport] < Double.POSITIVE_INFINITY) {
                time.after(PATIENCE[transport], () -> {
                    if (!opening.isOver) {
                        processors.giveUp(opening);
                        fellBack += transport == 0 ? 1 : 0;
                        come(transport + 1);
                    }
                });
            }
        }

        private void isWhole(int transport) {
            whole.add(time.now());
            if (transport > 0) {
                time.after(BETTER_AFTER, this::comeByWebSocket);
            }
        }

        private void comeByWebSocket() {
            Opening opening = processors.begin(() -> {});
            time.after(PATIENCE[0], () -> {
                if (!opening.isOver) {
                    processors.giveUp(opening);
                    stillPolling++;
                }
            });
        }

        Outcome outcome() {
            return new Outcome(whole.get(whole.size() / 2), whole.getLast(), fellBack, stillPolling, processors.begun);
        }
    }
}
