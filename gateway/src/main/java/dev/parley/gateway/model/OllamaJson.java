package dev.parley.gateway.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** What goes to Ollama and comes from it, as JSON. It has a mapper of its own: no setting of ours changes Ollama's format. */
final class OllamaJson {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private OllamaJson() {}

    /**
     * The body of {@code POST /api/chat}. It says {@code think: false} always: left out, Ollama would have every model that
     * can think do so, long before its first word, and models that cannot think do not mind being told not to.
     */
    static byte[] chat(ModelRequest request, OllamaSettings settings) {
        var messages = request.turns().stream()
                .map(turn -> new Message(turn.role().name().toLowerCase(Locale.ROOT), turn.text()))
                .toList();
        return MAPPER.writeValueAsBytes(new Chat(request.model(), messages, true, false, seconds(settings.keepAlive()),
                new Options(settings.numCtx(), ModelRequest.MAX_ANSWER_TOKENS)));
    }

    /** One line of the answer, with its end; one that has none was cut off unless it makes sense all the same. */
    static Line line(byte[] json) {
        try {
            Line line = MAPPER.readValue(json, Line.class);
            if (line != null) {
                return line;
            }
        } catch (JacksonException e) {
            // Not the cause: its text would be this line again, at length.
        }
        throw json[json.length - 1] == '\n'
                ? ModelFailures.garbage(Excerpt.of(json))
                : ModelFailures.endedEarly();
    }

    /** The text of an error's body: Ollama's {@code {"error":…}}, or whatever a proxy has put there. */
    static String error(byte[] body) {
        try {
            Line line = MAPPER.readValue(body, Line.class);
            if (line != null && line.isError()) {
                return line.errorText();
            }
        } catch (JacksonException e) {
            // A proxy's page, shown as it is.
        }
        return Excerpt.of(body);
    }

    /** Whether this is what {@code GET /api/version} of an Ollama says. */
    static boolean isVersion(byte[] body) {
        try {
            return MAPPER.readTree(body).path("version").isString();
        } catch (JacksonException e) {
            return false;
        }
    }

    /**
     * The models of {@code GET /api/ps}.
     *
     * @throws JacksonException where they are none
     */
    static List<ModelServer.Loaded> loaded(byte[] body) {
        List<Running> models = MAPPER.readValue(body, Running.All.class).models();
        return models == null
                ? List.of()
                : models.stream()
                        .filter(model -> model.name() != null)
                        .map(model -> new ModelServer.Loaded(Objects.requireNonNull(model.name()), model.until()))
                        .toList();
    }

    private static long seconds(Duration keepAlive) {
        return keepAlive.isNegative() ? -1 : keepAlive.toSeconds();
    }

    private record Chat(String model, List<Message> messages, boolean stream, boolean think, long keepAlive,
            Options options) {}

    /** One profile for all requests: another {@code num_ctx} would make Ollama load the model again. */
    private record Options(int numCtx, int numPredict) {}

    private record Running(@Nullable String name, @Nullable String expiresAt) {

        private record All(@Nullable List<Running> models) {}

        /** With the offset of the server's zone, and nanoseconds; a model that stays for ever has a far year. */
        @Nullable
        Instant until() {
            try {
                return expiresAt == null ? null : OffsetDateTime.parse(expiresAt).toInstant();
            } catch (DateTimeParseException e) {
                return null;
            }
        }
    }

    /** What Ollama calls a message; of what else it may hold, thoughts above all, nothing is an answer. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Message(String role, @Nullable String content) {}

    /**
     * A line of the stream, in which anything may be absent. It says itself that it ignores the rest: where only the mapper
     * does, what is ignored is copied before.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Line(@Nullable Message message, boolean done, @Nullable String doneReason, int promptEvalCount,
            int evalCount,
            @Nullable JsonNode error) {

        boolean isError() {
            return error != null && !error.isNull() && !error.asString("?").isEmpty();
        }

        String text() {
            return message == null || message.content() == null ? "" : message.content();
        }

        String errorText() {
            return error == null ? "" : Excerpt.of(error.isString() ? error.stringValue() : error.toString());
        }
    }
}
