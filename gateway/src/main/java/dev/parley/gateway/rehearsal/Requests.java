package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.RehearsalLedger.Said;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Reads what clients ask, as far as it matters here. All throw an {@link OllamaError} of status 400, with Ollama's words where
 * they do not depend on its own parser.
 */
final class Requests {

    /** Ollama's "for ever". */
    private static final Duration FOR_EVER = Duration.ofDays(292 * 365);

    private Requests() {}

    /** {@code POST /api/chat}. */
    static Asked chat(byte[] body, @Nullable String header) {
        Chat chat = read(body, Chat.class);
        List<Said> said = said(chat.messages());
        var asked = new Asked("/api/chat", name(chat.model()), said, chat.stream() == null || chat.stream(),
                given(chat.options()), keepAlive(chat.keepAlive()), Script.of(header, name(chat.model())));
        return thinking(asked, chat.think());
    }

    /** {@code POST /api/generate}. */
    static Asked generate(byte[] body, @Nullable String header) {
        Generate generate = read(body, Generate.class);
        String prompt = Objects.requireNonNullElse(generate.prompt(), "");
        List<Said> said = prompt.isEmpty() ? List.of() : List.of(new Said("user", prompt));
        var asked = new Asked("/api/generate", name(generate.model()), said,
                generate.stream() == null || generate.stream(), given(generate.options()),
                keepAlive(generate.keepAlive()), Script.of(header, name(generate.model())));
        return thinking(asked, generate.think());
    }

    /** {@code POST /v1/chat/completions}. */
    static Asked completions(byte[] body, @Nullable String header) {
        Completions completions = read(body, Completions.class);
        List<Said> said = said(completions.messages());
        if (said.isEmpty()) {
            throw new OllamaError(400, "[] is too short - 'messages'");
        }
        Integer most = completions.maxTokens();
        return new Asked("/v1/chat/completions", name(completions.model()), said,
                Boolean.TRUE.equals(completions.stream()), most == null ? Map.of() : Map.of("num_predict", most), null,
                Script.of(header, name(completions.model())));
    }

    /** Whether such a request wants to be told what the answer has cost. */
    static boolean wantsUsage(byte[] body) {
        StreamOptions options = read(body, Completions.class).streamOptions();
        return options != null && Boolean.TRUE.equals(options.includeUsage());
    }

    /** Of {@code POST /api/show}. */
    static String shown(byte[] body) {
        Show show = read(body, Show.class);
        return name(show.model() == null ? show.name() : show.model());
    }

    private static <T> T read(byte[] body, Class<T> type) {
        if (body.length == 0) {
            throw new OllamaError(400, "missing request body");
        }
        try {
            T read = RehearsalJson.MAPPER.readValue(body, type);
            if (read != null) {
                return read;
            }
        } catch (JacksonException e) {
            throw new OllamaError(400, "invalid request body: " + e.getOriginalMessage());
        }
        throw new OllamaError(400, "model is required");
    }

    private static String name(@Nullable String model) {
        if (model == null || model.isBlank()) {
            throw new OllamaError(400, "model is required");
        }
        return model;
    }

    /** Only models that have thoughts to tell can be asked to think. */
    private static Asked thinking(Asked asked, @Nullable Object think) {
        if (think == null || Boolean.FALSE.equals(think) || asked.script().thinking() > 0) {
            return Boolean.FALSE.equals(think) ? asked.withoutThoughts() : asked;
        }
        throw new OllamaError(400, "\"" + asked.model() + "\" does not support thinking");
    }

    private static List<Said> said(@Nullable List<@Nullable Message> messages) {
        return messages == null ? List.of() : messages.stream().filter(Objects::nonNull).map(Message::said).toList();
    }

    private static Map<String, Object> given(@Nullable Map<String, @Nullable Object> options) {
        var given = new LinkedHashMap<String, Object>();
        (options == null ? Map.<String, @Nullable Object>of() : options).forEach((name, value) -> {
            if (value != null) {
                given.put(name, value);
            }
        });
        return given;
    }

    /** A number is seconds, a text a duration; negative is for ever. */
    private static @Nullable Duration keepAlive(@Nullable Object keepAlive) {
        try {
            return switch (keepAlive) {
                case Number seconds -> bounded(Duration.ofMillis((long) (seconds.doubleValue() * 1_000)));
                case String text when text.startsWith("-") -> FOR_EVER;
                case String text -> bounded(Durations.of(text));
                case null, default -> null;
            };
        } catch (IllegalArgumentException e) {
            throw new OllamaError(400, "time: invalid duration \"" + keepAlive + "\"");
        }
    }

    private static Duration bounded(Duration time) {
        return time.isNegative() || time.compareTo(FOR_EVER) > 0 ? FOR_EVER : time;
    }

    private record Chat(@Nullable String model, @Nullable List<@Nullable Message> messages, @Nullable Boolean stream,
            @Nullable Map<String, @Nullable Object> options, @Nullable Object keepAlive, @Nullable Object think) {}

    private record Generate(@Nullable String model, @Nullable String prompt, @Nullable Boolean stream,
            @Nullable Map<String, @Nullable Object> options, @Nullable Object keepAlive, @Nullable Object think) {}

    private record Completions(@Nullable String model, @Nullable List<@Nullable Message> messages,
            @Nullable Boolean stream, @Nullable Integer maxTokens, @Nullable StreamOptions streamOptions) {}

    private record StreamOptions(@Nullable Boolean includeUsage) {}

    private record Show(@Nullable String model, @Nullable String name) {}

    /** @param content a text, or OpenAI's list of parts */
    private record Message(@Nullable String role, @Nullable Object content) {

        private Said said() {
            return new Said(role == null ? "" : role.toLowerCase(Locale.ROOT), switch (content) {
                case String text -> text;
                case List<?> parts -> parts.stream()
                        .map(part -> part instanceof Map<?, ?> map && map.get("text") instanceof String text
                                ? text
                                : "")
                        .collect(Collectors.joining());
                case null, default -> "";
            });
        }
    }
}
