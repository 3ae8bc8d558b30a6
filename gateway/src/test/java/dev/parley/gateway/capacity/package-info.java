/**
 * The simulations behind docker/CAPACITY.md: what a queue or a storm does that no machine here is large enough to show. They
 * know nothing of the gateway but its rules (the client's pauses, the slots, the batches of the log) and what was measured,
 * need nothing but a JDK, and give the same numbers each time. Start at {@code CapacityTables}, which prints them.
 */
@NullMarked
package dev.parley.gateway.capacity;

import org.jspecify.annotations.NullMarked;
