/**
 * The servers that the benchmark of delivery compares, each with a {@code main} of its own: two yardsticks that do nothing
 * but deliver, and the gateway itself with a source of live frames inside.
 */
@NullMarked
package dev.parley.gateway.benchmark.server;

import org.jspecify.annotations.NullMarked;
