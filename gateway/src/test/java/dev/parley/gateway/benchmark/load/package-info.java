/**
 * The load generator of the benchmark of delivery, in a process of its own: followers, publishers and the clock. It is told
 * what to do as a {@code Plan}, knows a server only as a {@code Target}, and answers with an {@code Outcome}. Start at
 * {@code LoadGenerator}.
 */
@NullMarked
package dev.parley.gateway.benchmark.load;

import org.jspecify.annotations.NullMarked;
