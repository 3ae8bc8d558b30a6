/**
 * How the gateway starts: the short names of settings in the environment, failures told in one line, and the line that says
 * where to go. The settings themselves live with the business they belong to, as {@code …Settings} records. Uses nobody.
 */
@NullMarked
package dev.parley.gateway.settings;

import org.jspecify.annotations.NullMarked;
