/**
 * A client of the gateway for tests that knows nothing but the protocol. {@code Wire} is a socket that can end in all the
 * ways in which networks end them, {@code Link} carries events over it in one of three ways, {@code Follower} goes on where
 * a link ended, and {@code Judge} tolerates nothing. Start at {@code Follower}.
 */
@NullMarked
package dev.parley.gateway.client;

import org.jspecify.annotations.NullMarked;
