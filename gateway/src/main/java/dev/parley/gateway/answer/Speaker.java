package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;

/** The assistant that is to give an answer. */
record Speaker(long assistantId, String name, ModelName model, String systemPrompt) {}
