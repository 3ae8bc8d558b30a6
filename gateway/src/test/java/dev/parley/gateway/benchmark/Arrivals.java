package dev.parley.gateway.benchmark;

/** When the tokens of one answer come. For one thread at a time. */
final class Arrivals {

    private final AnswerStreamBenchmark.Seen seen;
    private final long asked = System.nanoTime();
    private long last;

    Arrivals(AnswerStreamBenchmark.Seen seen) {
        this.seen = seen;
    }

    void arrived() {
        long now = System.nanoTime();
        if (last == 0) {
            synchronized (seen) {
                seen.firsts().add(now - asked);
            }
        } else {
            synchronized (seen) {
                seen.pauses().add(now - last);
            }
        }
        last = now;
    }
}
