/**
 * How often somebody may do something: token buckets by address and by user, and where a request really comes from. Uses
 * {@code problem} and {@code settings}; everybody may use it. Start at {@link dev.parley.gateway.limits.RateLimits}.
 */
@NullMarked
package dev.parley.gateway.limits;

import org.jspecify.annotations.NullMarked;
