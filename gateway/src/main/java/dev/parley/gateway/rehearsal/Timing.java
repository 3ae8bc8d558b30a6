package dev.parley.gateway.rehearsal;

import io.netty.util.concurrent.Ticker;

/** When one answer came from one thing to the next, in nanoseconds. */
final class Timing {

    private static final long TICK_NANOS = 1_000_000;

    /** What a busy machine may be late by without an answer becoming slower. */
    private static final long LATE_NANOS = 50_000_000;

    private final Ticker ticker;
    private final long arrived;
    private long ready;
    private long started;
    private long read;
    private long due;
    private long blocked;

    Timing(Ticker ticker) {
        this.ticker = ticker;
        this.arrived = now();
    }

    long now() {
        return ticker.nanoTime();
    }

    /** Its model is there. */
    void ready() {
        ready = now();
    }

    /** It has a slot. */
    void started() {
        started = now();
    }

    /** Its prompt has been read. */
    void read() {
        read = now();
        due = read;
    }

    /** The client did not read for so long. */
    void blocked(long nanos) {
        blocked += nanos;
        due += nanos;
    }

    /**
     * How long to wait for the next token, so long after the one before. From when that was due, so that timers that come late
     * do not add up; what was missed by more than {@value #LATE_NANOS} is not made up for.
     */
    long untilNext(long pause) {
        long now = now();
        due = Math.max(due + pause, now - LATE_NANOS);
        return due - now;
    }

    /** So much longer that it ends with a millisecond: then the tokens of many answers cost one waking of the thread. */
    long toTick(long nanos) {
        long over = (now() + nanos) % TICK_NANOS;
        return over == 0 ? nanos : nanos + TICK_NANOS - over;
    }

    Metrics ofLoad() {
        return new Metrics(now() - arrived, ready - arrived, 0, 0, 0, 0);
    }

    Metrics of(int promptTokens, int tokens) {
        long now = now();
        return new Metrics(now - arrived, ready - arrived, promptTokens, read - started, tokens, now - read - blocked);
    }
}
