/**
 * The servers that the benchmarks compare, each with a {@code main} of its own: two yardsticks that do nothing but deliver,
 * one that does nothing but relay what a model says, and the gateway itself with a source of live frames inside.
 */
@NullMarked
package dev.parley.gateway.benchmark.server;

import org.jspecify.annotations.NullMarked;
