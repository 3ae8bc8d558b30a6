/**
 * What many clients at once must not do to the gateway, with bounds that are fixed. The gateway is the jar in a process of
 * its own, and the clients are those of the package {@code client}. Start at {@code ReconnectStormIntegrationTests}.
 */
@NullMarked
package dev.parley.gateway.load;

import org.jspecify.annotations.NullMarked;
