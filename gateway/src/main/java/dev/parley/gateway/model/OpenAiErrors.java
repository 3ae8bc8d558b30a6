package dev.parley.gateway.model;

import static dev.parley.gateway.model.ModelException.Kind.BUSY;
import static dev.parley.gateway.model.ModelException.Kind.FAILED;
import static dev.parley.gateway.model.ModelException.Kind.REFUSED;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes failures of what a server says. Some servers repeat the key that they were given; it is in none of them. */
final class OpenAiErrors {

    /** As a status would say it, which is 200 in the middle of a stream. */
    private static final List<String> OVERLOAD = List.of("429", "503", "rate_limit", "overloaded", "unavailable");

    private final String key;

    /** @param key what must not be shown; empty where there is none */
    OpenAiErrors(String key) {
        this.key = key;
    }

    /** An answer with another status than 200. */
    ModelException status(int status, byte[] body) {
        String text = shown(body);
        if (status == 401 || status == 403) {
            return new ModelException(REFUSED,
                    "The model answered " + status + ", so look at parley.openai.api-key: " + text, null);
        }
        return ModelFailures.status(status, text);
    }

    /** An answer with the status 200 that is no stream all the same. */
    ModelException noStream(byte[] body) {
        JsonNode error = OpenAiJson.tree(body).path("error");
        return error.isObject() || error.isString()
                ? inStream(error)
                : new ModelException(FAILED, "The model did not answer with a stream: " + shown(body), null);
    }

    /** An error instead of the next piece. */
    ModelException inStream(JsonNode error) {
        String text = shown(text(error));
        String sort = (error.path("code").asString("") + " " + error.path("type").asString(""))
                .toLowerCase(Locale.ROOT);
        return OVERLOAD.stream().anyMatch(sort::contains)
                ? new ModelException(BUSY, "The model failed: " + text, null)
                : ModelFailures.errorLine(text);
    }

    /** An event that is none of the protocol's. */
    ModelException garbage(String data) {
        return ModelFailures.garbage(shown(data));
    }

    private String shown(byte[] body) {
        JsonNode root = OpenAiJson.tree(body);
        for (String name : List.of("error", "message", "detail")) {
            JsonNode said = root.path(name);
            if (!said.isMissingNode() && !said.isNull()) {
                return shown(text(said));
            }
        }
        return shown(new String(body, UTF_8));
    }

    /** Its message, or all of it where it has none. */
    private static String text(JsonNode error) {
        @Nullable
        String message = error.path("message").asString(null);
        return message != null ? message : error.isString() ? error.stringValue() : error.toString();
    }

    /** The key is taken out before anything else: of one that was cut off, the rest would not be found. */
    private String shown(String text) {
        return Excerpt.of(key.isEmpty() ? text : text.replace(key, "…"));
    }
}
