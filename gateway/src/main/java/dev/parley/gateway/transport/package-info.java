/**
 * How clients reach dialogs: WebSockets, the REST end points of dialogs, and the JSON both speak. Uses everything below.
 * Start at {@code DialogRoutes}; what a client may do, whatever carries it, is in {@code DialogCommands}.
 */
@NullMarked
package dev.parley.gateway.transport;

import org.jspecify.annotations.NullMarked;
