/**
 * How settings are read: the short names of the environment, and errors that name the setting in one line. The settings
 * themselves live with the business they belong to, as {@code …Settings} records. Uses nobody.
 */
@NullMarked
package dev.parley.gateway.settings;

import org.jspecify.annotations.NullMarked;
