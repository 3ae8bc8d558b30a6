/**
 * What only operators and administrators need: login, assistants, sites, users. Uses {@code access} and
 * {@code problem}. Start at {@code ConsoleRoutes}.
 */
@NullMarked
package dev.parley.gateway.console;

import org.jspecify.annotations.NullMarked;
