package dev.parley.gateway.model;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** What goes to {@code /v1/chat/completions} and comes from it, as JSON. No setting of ours changes that format. */
final class OpenAiJson {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private OpenAiJson() {}

    /** The body of a request. Without {@code include_usage} there would be no token counts in a stream. */
    static byte[] chat(ModelRequest request) {
        var messages = request.turns().stream()
                .map(turn -> new Message(turn.role().name().toLowerCase(Locale.ROOT), turn.text()))
                .toList();
        return MAPPER.writeValueAsBytes(new Chat(request.model(), messages, true, new StreamOptions(true),
                ModelRequest.MAX_ANSWER_TOKENS));
    }

    /** The data of one event, or nothing where that is not what it has to be. */
    static @Nullable Chunk chunk(String json) {
        try {
            return MAPPER.readValue(json, Chunk.class);
        } catch (JacksonException e) {
            return null;
        }
    }

    /** The body of an answer that is no stream; a missing node where that is no JSON. */
    static JsonNode tree(byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (JacksonException e) {
            return JsonNodeFactory.instance.missingNode();
        }
    }

    private record Chat(String model, List<Message> messages, boolean stream, StreamOptions streamOptions,
            int maxTokens) {}

    private record Message(String role, String content) {}

    private record StreamOptions(boolean includeUsage) {}

    /** A piece of the answer, in which anything may be absent: the one with the usage has no choices, for example. */
    record Chunk(@Nullable List<@Nullable Choice> choices, @Nullable Usage usage, @Nullable JsonNode error) {

        boolean isError() {
            return error != null && !error.isNull() && !error.asString("?").isEmpty();
        }

        String text() {
            Choice choice = choice();
            String content = choice == null || choice.delta() == null ? null : choice.delta().content();
            return content == null ? "" : content;
        }

        /** Why the answer ends here, or nothing where it does not: some servers leave that empty, others out. */
        @Nullable
        String finishReason() {
            Choice choice = choice();
            String reason = choice == null ? null : choice.finishReason();
            return reason == null || reason.isEmpty() ? null : reason;
        }

        private @Nullable Choice choice() {
            return choices == null || choices.isEmpty() ? null : choices.getFirst();
        }
    }

    /** The only one, for we ask for no more. */
    record Choice(@Nullable Delta delta, @Nullable String finishReason) {}

    /** What comes next. It has fields for thoughts as well, {@code reasoning} or so, of which nothing is an answer. */
    record Delta(@Nullable String content) {}

    /** What it has cost, of which some servers tell in every chunk. */
    record Usage(int promptTokens, int completionTokens) {}
}
