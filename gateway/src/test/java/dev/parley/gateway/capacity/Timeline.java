package dev.parley.gateway.capacity;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Simulated time, in seconds: what is to happen happens in its order, and nothing waits. */
final class Timeline {

    private final PriorityQueue<Event> events = new PriorityQueue<>(
            Comparator.comparingDouble(Event::time).thenComparingLong(Event::number));
    private long number;
    private double now;

    private record Event(double time, long number, Runnable what) {}

    double now() {
        return now;
    }

    void after(double seconds, Runnable what) {
        events.add(new Event(now + seconds, number++, what));
    }

    /** Until nothing is left to happen, or the time is over. */
    void run(double until) {
        while (!events.isEmpty() && events.peek().time() <= until) {
            Event next = events.remove();
            now = next.time();
            next.what().run();
        }
        now = Math.max(now, Math.min(until, Double.MAX_VALUE));
    }
}
