/**
 * The defaults that make one process enough: a real PostgreSQL from a jar, and the rehearsal model that speaks Ollama's
 * protocol. Uses {@code problem} only. Start at {@code EmbeddedPostgres} and
 * {@code RehearsalModel}.
 */
@NullMarked
package dev.parley.gateway.embedded;

import org.jspecify.annotations.NullMarked;
