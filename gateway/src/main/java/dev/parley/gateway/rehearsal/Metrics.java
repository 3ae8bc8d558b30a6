package dev.parley.gateway.rehearsal;

/**
 * What an answer has cost, in nanoseconds and tokens. The total is the sum of the load, the wait for a slot, the prompt, the
 * tokens and the time in which the client did not read; the wait and that time are in none of the parts.
 */
record Metrics(long total, long load, long promptTokens, long prompt, long tokens, long eval) {

    static final Metrics NONE = new Metrics(0, 0, 0, 0, 0, 0);
}
