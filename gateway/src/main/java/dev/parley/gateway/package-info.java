/**
 * Parley, a reactive chat gateway between browsers, language models and human operators. Only the start, and what it
 * connects, is here; the packages below are by business. Start reading at {@link dev.parley.gateway.dialog}.
 */
@NullMarked
package dev.parley.gateway;

import org.jspecify.annotations.NullMarked;
