/**
 * The protocol in forms that programs read: {@code GET /openapi.json} and {@code GET /asyncapi.json}. They are written by
 * hand, as the YAML files of {@code resources/protocol}, and tests hold what the gateway says against them. Uses nobody, and
 * nobody uses it. Start at {@link dev.parley.gateway.protocol.ProtocolDocument}.
 */
@NullMarked
package dev.parley.gateway.protocol;

import org.jspecify.annotations.NullMarked;
