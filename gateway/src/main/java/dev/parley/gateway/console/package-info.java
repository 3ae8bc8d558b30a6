/**
 * What only operators and administrators need: login, assistants, sites, users; and the refreshing of visitor tokens,
 * which is a kind of login, too. Uses {@code access}, {@code web} and {@code problem}. Start at {@code ConsoleRoutes}.
 */
@NullMarked
package dev.parley.gateway.console;

import org.jspecify.annotations.NullMarked;
