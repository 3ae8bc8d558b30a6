package dev.parley.gateway.rehearsal;

import static dev.parley.gateway.rehearsal.JsonBytes.raw;
import static dev.parley.gateway.rehearsal.JsonBytes.string;
import static dev.parley.gateway.rehearsal.JsonBytes.utf8;

import dev.parley.gateway.rehearsal.Speech.Piece;
import dev.parley.gateway.rehearsal.Speech.Text;
import dev.parley.gateway.rehearsal.Speech.Thought;
import dev.parley.gateway.rehearsal.Speech.ToolCall;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * OpenAI's, as Ollama has it for {@code /v1/chat/completions}: server-sent events. A failure in the middle is swallowed: all
 * that shows is an empty delta, and that no {@code [DONE]} comes.
 */
final class OpenAiForm implements Form {

    private final String model;
    private final boolean withUsage;
    private final String id;
    private final long created = Instant.now().getEpochSecond();
    private final byte[] beforeDelta;
    private boolean isFirst = true;
    private boolean hasCalled;

    OpenAiForm(String model, boolean withUsage, long number) {
        this.model = model;
        this.withUsage = withUsage;
        this.id = "chatcmpl-" + number;
        this.beforeDelta = utf8("data: " + head("chat.completion.chunk") + ",\"choices\":[{\"index\":0,\"delta\":{");
    }

    @Override
    public String streamType() {
        return "text/event-stream";
    }

    @Override
    public String errorType() {
        return "application/json";
    }

    @Override
    public void piece(ByteBuf out, Piece piece) {
        delta(out, piece);
        raw(out, "},\"finish_reason\":null}]}\n\n");
    }

    @Override
    public void last(ByteBuf out, Piece piece, String reason, Metrics metrics) {
        if (!piece.equals(new Text(""))) {
            piece(out, piece);
        }
        delta(out, new Text(""));
        raw(out, "},\"finish_reason\":");
        string(out, hasCalled ? "tool_calls" : reason);
        raw(out, "}]}\n\n");
        if (withUsage) {
            out.writeBytes(utf8("data: " + head("chat.completion.chunk") + ",\"choices\":[]"));
            usage(out, metrics);
            raw(out, "}\n\n");
        }
        raw(out, "data: [DONE]\n\n");
    }

    @Override
    public void failure(ByteBuf out, String text) {
        piece(out, new Text(""));
    }

    @Override
    public void whole(ByteBuf out, Whole whole, String reason, Metrics metrics) {
        out.writeBytes(utf8(head("chat.completion")));
        raw(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
        string(out, whole.text());
        if (!whole.thoughts().isEmpty()) {
            raw(out, ",\"reasoning\":");
            string(out, whole.thoughts());
        }
        if (!whole.tools().isEmpty()) {
            tools(out, whole.tools());
        }
        raw(out, "},\"finish_reason\":");
        if (reason.isEmpty()) {
            raw(out, "null");
        } else {
            string(out, whole.tools().isEmpty() ? reason : "tool_calls");
        }
        raw(out, "}]");
        usage(out, metrics);
        raw(out, "}\n");
    }

    @Override
    public void error(ByteBuf out, int status, String text) {
        raw(out, "{\"error\":{\"message\":");
        string(out, text);
        raw(out, ",\"type\":\"" + switch (status) {
            case 400 -> "invalid_request_error";
            case 404 -> "not_found_error";
            default -> "api_error";
        } + "\",\"param\":null,\"code\":null}}\n");
    }

    private void delta(ByteBuf out, Piece piece) {
        out.writeBytes(beforeDelta);
        if (isFirst) {
            isFirst = false;
            raw(out, "\"role\":\"assistant\",");
        }
        raw(out, "\"content\":");
        switch (piece) {
            case Text(String text) -> string(out, text);
            case Thought(String text) -> {
                raw(out, "\"\",\"reasoning\":");
                string(out, text);
            }
            case ToolCall tool -> {
                hasCalled = true;
                raw(out, "\"\"");
                tools(out, List.of(tool));
            }
        }
    }

    private static void tools(ByteBuf out, List<ToolCall> tools) {
        raw(out, ",\"tool_calls\":[");
        for (int i = 0; i < tools.size(); i++) {
            raw(out, (i == 0 ? "" : ",") + "{\"id\":\"call_" + (i + 1) + "\",\"index\":" + i
                    + ",\"type\":\"function\",\"function\":{\"name\":");
            string(out, tools.get(i).name());
            raw(out, ",\"arguments\":");
            string(out, tools.get(i).arguments());
            raw(out, "}}");
        }
        out.writeByte(']');
    }

    private static void usage(ByteBuf out, Metrics metrics) {
        raw(out, ",\"usage\":{\"prompt_tokens\":" + metrics.promptTokens() + ",\"completion_tokens\":"
                + metrics.tokens()
                + ",\"total_tokens\":" + (metrics.promptTokens() + metrics.tokens()) + "}");
    }

    private String head(String object) {
        ByteBuf name = Unpooled.buffer();
        string(name, model);
        return "{\"id\":\"" + id + "\",\"object\":\"" + object + "\",\"created\":" + created + ",\"model\":"
                + name.toString(StandardCharsets.UTF_8) + ",\"system_fingerprint\":\"fp_ollama\"";
    }
}
