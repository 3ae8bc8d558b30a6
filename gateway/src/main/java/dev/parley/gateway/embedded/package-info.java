/**
 * The default that makes one process enough: a real PostgreSQL from a jar. Uses {@code problem} and {@code settings} only.
 * Start at {@code EmbeddedPostgres}.
 */
@NullMarked
package dev.parley.gateway.embedded;

import org.jspecify.annotations.NullMarked;
