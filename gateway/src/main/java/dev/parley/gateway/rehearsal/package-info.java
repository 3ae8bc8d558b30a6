/**
 * The rehearsal model: a double of Ollama, over real sockets, for those who have none and for tests. It runs in the gateway's
 * process or by itself. Uses nothing of the gateway. Start at {@code RehearsalModel}, then {@code Answering}, the course of
 * one answer, and {@code Runners}, the life of the models.
 */
@NullMarked
package dev.parley.gateway.rehearsal;

import org.jspecify.annotations.NullMarked;
