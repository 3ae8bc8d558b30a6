package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a client may send over a WebSocket (PROTOCOL section 5). */
sealed interface ClientFrame {

    record Post(@Nullable String clientMsgId, @Nullable String text) implements ClientFrame {}

    record Typing(boolean active) implements ClientFrame {}

    record Receipt(@Nullable Long deliveredSeq, @Nullable Long readSeq) implements ClientFrame {}

    record Cancel(String requestId) implements ClientFrame {}

    record RequestHuman() implements ClientFrame {}

    /** A fresh token, before the old one ends. */
    record Auth(String token) implements ClientFrame {}

    record Ping() implements ClientFrame {}

    record Pong() implements ClientFrame {}

    /** To follow a dialog, on a socket of many. */
    record Subscribe(@Nullable String since, boolean echo) implements ClientFrame {}

    /** To follow the changes of all dialogs. */
    record SubscribeToInbox() implements ClientFrame {}

    record Unsubscribe() implements ClientFrame {}

    /** The opposite of {@link SubscribeToInbox}. */
    record UnsubscribeFromInbox() implements ClientFrame {}

    /** @param dialogId the dialog that the frame is about, where it says so */
    record Addressed(@Nullable Long dialogId, ClientFrame frame) {}

    /** Reads a frame, or throws {@code bad_frame} with what is wrong with it. */
    static Addressed read(JsonMapper json, String text) {
        JsonNode frame = parse(json, text);
        if (!frame.isObject()) {
            throw bad("A frame is one JSON object");
        }
        return new Addressed(number(frame, "dialog_id"), content(frame));
    }

    private static ClientFrame content(JsonNode frame) {
        String type = string(frame, "type");
        return switch (type) {
            case "message" -> new Post(optional(frame, "client_msg_id"), optional(frame, "text"));
            case "typing_start" -> new Typing(true);
            case "typing_stop" -> new Typing(false);
            case "receipt" -> new Receipt(number(frame, "delivered_seq"), number(frame, "read_seq"));
            case "cancel" -> new Cancel(string(frame, "request_id"));
            case "request_human" -> new RequestHuman();
            case "auth" -> new Auth(string(frame, "token"));
            case "ping" -> new Ping();
            case "pong" -> new Pong();
            case "subscribe" -> flag(frame, "inbox")
                    ? new SubscribeToInbox()
                    : new Subscribe(optional(frame, "since"), flag(frame, "echo"));
            case "unsubscribe" -> flag(frame, "inbox") ? new UnsubscribeFromInbox() : new Unsubscribe();
            default -> throw bad("type: not known");
        };
    }

    private static JsonNode parse(JsonMapper json, String text) {
        try {
            return json.readTree(text);
        } catch (JacksonException wrong) {
            throw bad("A frame is one JSON object");
        }
    }

    private static String string(JsonNode frame, String field) {
        String value = optional(frame, field);
        if (value == null) {
            throw bad(field + ": is needed");
        }
        return value;
    }

    private static @Nullable String optional(JsonNode frame, String field) {
        JsonNode value = frame.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw bad(field + ": expected text");
        }
        return value.stringValue();
    }

    private static @Nullable Long number(JsonNode frame, String field) {
        JsonNode value = frame.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw bad(field + ": expected a number");
        }
        return value.longValue();
    }

    private static boolean flag(JsonNode frame, String field) {
        JsonNode value = frame.get(field);
        if (value != null && !value.isNull() && !value.isBoolean()) {
            throw bad(field + ": expected true or false");
        }
        return value != null && value.asBoolean(false);
    }

    private static ProblemException bad(String detail) {
        return Problem.BAD_FRAME.with(detail);
    }
}
