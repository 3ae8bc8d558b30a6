/**
 * How clients reach dialogs: WebSockets, server-sent events and polls, the REST end points, and the JSON all of them speak.
 * Uses everything below. Start at {@code CarrierRoutes} for what clients follow ({@code PollRoute} finds most polls before
 * that) and at {@code DialogRoutes} for what they ask; what a client may do, whatever carries it, is in {@code DialogCommands}.
 */
@NullMarked
package dev.parley.gateway.transport;

import org.jspecify.annotations.NullMarked;
