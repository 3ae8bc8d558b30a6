package dev.parley.gateway.rehearsal;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.parley.gateway.rehearsal.RehearsalLedger.Said;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Ollama's JSON, as its server reads and writes it: the names, what is left out when empty, and the line's end. */
final class OllamaFormat {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .changeDefaultPropertyInclusion(include -> include
                    .withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private OllamaFormat() {}

    /**
     * The body of {@code POST /api/chat}, as far as it matters here.
     *
     * @throws OllamaError of status 400, with Ollama's words where they do not depend on its own parser
     */
    static ChatRequest chatRequest(byte[] body) {
        if (body.length == 0) {
            throw new OllamaError(400, "missing request body");
        }
        ChatRequest request;
        try {
            request = MAPPER.readValue(body, ChatRequest.class);
        } catch (JacksonException e) {
            throw new OllamaError(400, "invalid request body: " + e.getOriginalMessage());
        }
        if (request == null || request.modelName().isBlank()) {
            throw new OllamaError(400, "model is required");
        }
        try {
            request.keepAliveTime();
        } catch (IllegalArgumentException e) {
            throw new OllamaError(400, "time: invalid duration \"" + request.keepAlive() + "\"");
        }
        return request;
    }

    /** An object without a line's end, for answers that are no stream. */
    static byte[] object(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    static byte[] error(String text) {
        return object(Map.of("error", text));
    }

    /** A line of the stream. */
    static byte[] line(Object value) {
        byte[] json = object(value);
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    static byte[] garbage() {
        return "<html>Bad gateway – no JSON</html>\n".getBytes(StandardCharsets.UTF_8);
    }

    /** A chunk with a piece of the answer. */
    static Reply piece(String model, String text) {
        var message = new Message("assistant", text);
        return new Reply(model, Instant.now(), message, false, null, null, null, null, null, null, null);
    }

    /** The last chunk. */
    static Reply last(String model, String text, String reason, Metrics metrics) {
        return new Reply(model, Instant.now(), new Message("assistant", text), true, reason,
                nonZero(metrics.totalDuration()), nonZero(metrics.loadDuration()), nonZero(metrics.promptEvalCount()),
                nonZero(metrics.promptEvalDuration()), nonZero(metrics.evalCount()), nonZero(metrics.evalDuration()));
    }

    /** Go's {@code omitempty}. */
    private static @Nullable Long nonZero(long value) {
        return value == 0 ? null : value;
    }

    /** What clients ask. */
    record ChatRequest(@Nullable String model, @Nullable List<Message> messages, @Nullable Boolean stream,
            @Nullable Map<String, Object> options, @Nullable Object keepAlive) {

        private static final int DEFAULT_NUM_CTX = 4096;
        private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofMinutes(5);

        /** Ollama's "for ever". */
        private static final Duration FOR_EVER = Duration.ofDays(292 * 365);

        String modelName() {
            return model == null ? "" : model;
        }

        List<Said> said() {
            return messages == null
                    ? List.of()
                    : messages.stream().filter(Objects::nonNull).map(Message::said).toList();
        }

        /** The person's side of the conversation, oldest first. */
        List<String> userTexts() {
            return said().stream().filter(said -> said.role().equals("user")).map(Said::content).toList();
        }

        boolean isStream() {
            return stream == null || stream;
        }

        Map<String, Object> givenOptions() {
            if (options == null) {
                return Map.of();
            }
            var given = new LinkedHashMap<>(options);
            given.values().removeIf(Objects::isNull);
            return given;
        }

        int numCtx() {
            return givenOptions().get("num_ctx") instanceof Number n ? n.intValue() : DEFAULT_NUM_CTX;
        }

        /** The most tokens to answer with. */
        int numPredict() {
            return givenOptions().get("num_predict") instanceof Number n && n.intValue() > 0
                    ? n.intValue()
                    : Integer.MAX_VALUE;
        }

        /** A number is seconds, a text a duration; negative is for ever. */
        Duration keepAliveTime() {
            Duration time = switch (keepAlive) {
                case Number seconds -> Duration.ofSeconds(seconds.longValue());
                case String text -> DurationStyle.detectAndParse(text, ChronoUnit.SECONDS);
                case null, default -> DEFAULT_KEEP_ALIVE;
            };
            return time.isNegative() || time.compareTo(FOR_EVER) > 0 ? FOR_EVER : time;
        }
    }

    record Message(@Nullable String role, @Nullable String content) {

        private Said said() {
            return new Said(role == null ? "" : role.toLowerCase(Locale.ROOT), content == null ? "" : content);
        }
    }

    record Reply(String model, Instant createdAt, Message message, boolean done, @Nullable String doneReason,
            @Nullable Long totalDuration, @Nullable Long loadDuration, @Nullable Long promptEvalCount,
            @Nullable Long promptEvalDuration, @Nullable Long evalCount, @Nullable Long evalDuration) {}

    /** Durations in nanoseconds. */
    record Metrics(long totalDuration, long loadDuration, long promptEvalCount, long promptEvalDuration, long evalCount,
            long evalDuration) {}
}
