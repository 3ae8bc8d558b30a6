/**
 * Clients of a gateway that measure it from outside. Knows the protocol only, over the network, and nothing of the gateway's
 * inside. Start at {@code AskCommand}.
 */
@NullMarked
package dev.parley.gateway.replay;

import org.jspecify.annotations.NullMarked;
