package dev.parley.gateway.capacity;

import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Answers that come at random and wait for one of so many slots, the first one first. Users take turns in the gateway, which
 * changes who waits and not how long all of them do.
 *
 * @param slots of all nodes together
 * @param perSecond answers that are asked for
 * @param length of an answer, in seconds
 */
record AnswerQueueModel(int slots, double perSecond, ToDoubleFunction<Random> length) {

    /** How long they waited, in seconds. */
    record Waits(double mean, double half, double most, double share) {}

    /** Lengths that differ much, as those of answers do: half as long, twice as long and more are common. */
    static ToDoubleFunction<Random> lengths(double mean) {
        double sigma = 0.7;
        return random -> mean * Math.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
    }

    static ToDoubleFunction<Random> exponential(double mean) {
        return random -> -mean * Math.log(1 - random.nextDouble());
    }

    Waits run(long seed, int answers) {
        Random random = new Random(seed);
        PriorityQueue<Double> free = new PriorityQueue<>();
        for (int i = 0; i < slots; i++) {
            free.add(0.0);
        }
        double[] waits = new double[answers];
        double now = 0;
        for (int i = 0; i < answers; i++) {
            now -= Math.log(1 - random.nextDouble()) / perSecond;
            double begins = Math.max(now, free.remove());
            waits[i] = begins - now;
            free.add(begins + length.applyAsDouble(random));
        }
        double[] settled = Arrays.copyOfRange(waits, answers / 10, answers); // the queue begins empty, which it seldom is
        Arrays.sort(settled);
        return new Waits(Arrays.stream(settled).average().orElse(0), settled[settled.length / 2],
                settled[(int) (settled.length * 0.95)],
                (double) Arrays.stream(settled).filter(wait -> wait > 0).count() / settled.length);
    }
}
