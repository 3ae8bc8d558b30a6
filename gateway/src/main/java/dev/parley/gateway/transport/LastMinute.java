package dev.parley.gateway.transport;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.TimeUnit;

/** How often something happened within the last minute, by the second. Adding and counting take a short lock. */
final class LastMinute {

    private static final int SECONDS = 60;

    private final Ticker clock;
    private final int[] counts = new int[SECONDS];
    private long second;
    private int all;

    LastMinute(Ticker clock) {
        this.clock = clock;
        this.second = now();
    }

    synchronized void add() {
        forget();
        counts[place(second)]++;
        all++;
    }

    synchronized int count() {
        forget();
        return all;
    }

    private void forget() {
        long now = now();
        for (int passed = 0; second < now && passed < SECONDS; passed++) {
            second++;
            all -= counts[place(second)];
            counts[place(second)] = 0;
        }
        second = Math.max(second, now);
    }

    private static int place(long second) {
        return Math.floorMod(second, SECONDS);
    }

    private long now() {
        return TimeUnit.NANOSECONDS.toSeconds(clock.read());
    }
}
