package dev.parley.gateway.model;

/**
 * How many answers the models bear at once, found out by trying (additive increase and decrease; after D.-M. Chiu and R. Jain,
 * 1989, but going down in single steps, for the numbers are small): one less with each failure that speaks of overload, down
 * to one at a time, and one more after as many successes in a row as run at once. Safe for all threads.
 */
final class Concurrency {

    private final int most;
    private final boolean adaptive;
    private int limit;
    private int successes;

    Concurrency(int most, boolean adaptive) {
        this.most = most;
        this.adaptive = adaptive;
        this.limit = most;
    }

    int most() {
        return most;
    }

    synchronized int limit() {
        return limit;
    }

    /** Returns whether the limit has changed. */
    synchronized boolean overloaded() {
        successes = 0;
        if (!adaptive || limit == 1) {
            return false;
        }
        limit--;
        return true;
    }

    /** Returns whether the limit has changed. */
    synchronized boolean succeeded() {
        if (limit == most || ++successes < limit) {
            return false;
        }
        successes = 0;
        limit++;
        return true;
    }
}
