/**
 * The language models: what an answer needs of one, and the servers that have them. Knows nothing of dialogs. May use what
 * lies at the bottom. Start at {@code ChatModel}; {@code OllamaModel} is the one that is usual, and {@code OpenAiModel}
 * speaks to all that have taken over the protocol of OpenAI.
 */
@NullMarked
package dev.parley.gateway.model;

import org.jspecify.annotations.NullMarked;
