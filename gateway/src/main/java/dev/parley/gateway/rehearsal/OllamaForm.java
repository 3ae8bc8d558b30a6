package dev.parley.gateway.rehearsal;

import static dev.parley.gateway.rehearsal.JsonBytes.number;
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
import java.util.List;

/** Ollama's own: lines of JSON, of {@code /api/chat} or of {@code /api/generate}. */
final class OllamaForm implements Form {

    private final boolean isChat;
    private final JsonBytes json;
    private final byte[] beforeTime;

    OllamaForm(boolean isChat, String model, JsonBytes json) {
        this.isChat = isChat;
        this.json = json;
        ByteBuf name = Unpooled.buffer();
        raw(name, "{\"model\":");
        string(name, model);
        this.beforeTime = utf8(name.toString(StandardCharsets.UTF_8) + ",\"created_at\":");
    }

    @Override
    public String streamType() {
        return "application/x-ndjson";
    }

    @Override
    public String errorType() {
        return "application/json";
    }

    @Override
    public void piece(ByteBuf out, Piece piece) {
        said(out, piece);
        raw(out, ",\"done\":false}\n");
    }

    @Override
    public void last(ByteBuf out, Piece piece, String reason, Metrics metrics) {
        said(out, piece);
        done(out, reason, metrics);
        out.writeByte('\n');
    }

    @Override
    public void failure(ByteBuf out, String text) {
        error(out, 200, text);
        out.writeByte('\n');
    }

    @Override
    public void whole(ByteBuf out, Whole whole, String reason, Metrics metrics) {
        said(out, whole);
        if (reason.isEmpty()) {
            raw(out, ",\"done\":false}");
        } else {
            done(out, reason, metrics);
        }
    }

    @Override
    public void error(ByteBuf out, int status, String text) {
        raw(out, "{\"error\":");
        string(out, text);
        out.writeByte('}');
    }

    private void said(ByteBuf out, Piece piece) {
        said(out, switch (piece) {
            case Thought(String text) -> new Whole(text, "", List.of());
            case Text(String text) -> new Whole("", text, List.of());
            case ToolCall tool -> new Whole("", "", List.of(tool));
        });
    }

    private void said(ByteBuf out, Whole whole) {
        out.writeBytes(beforeTime);
        json.now(out);
        raw(out, isChat ? ",\"message\":{\"role\":\"assistant\",\"content\":" : ",\"response\":");
        string(out, whole.text());
        if (!whole.thoughts().isEmpty()) {
            raw(out, ",\"thinking\":");
            string(out, whole.thoughts());
        }
        if (!whole.tools().isEmpty()) {
            tools(out, whole.tools());
        }
        if (isChat) {
            out.writeByte('}');
        }
    }

    private static void tools(ByteBuf out, List<ToolCall> tools) {
        raw(out, ",\"tool_calls\":[");
        for (int i = 0; i < tools.size(); i++) {
            raw(out, (i == 0 ? "" : ",") + "{\"id\":\"call_" + (i + 1) + "\",\"function\":{\"index\":" + i
                    + ",\"name\":");
            string(out, tools.get(i).name());
            raw(out, ",\"arguments\":");
            out.writeBytes(utf8(tools.get(i).arguments()));
            raw(out, "}}");
        }
        out.writeByte(']');
    }

    private static void done(ByteBuf out, String reason, Metrics metrics) {
        raw(out, ",\"done\":true,\"done_reason\":");
        string(out, reason);
        unlessZero(out, "total_duration", metrics.total());
        unlessZero(out, "load_duration", metrics.load());
        unlessZero(out, "prompt_eval_count", metrics.promptTokens());
        unlessZero(out, "prompt_eval_duration", metrics.prompt());
        unlessZero(out, "eval_count", metrics.tokens());
        unlessZero(out, "eval_duration", metrics.eval());
        out.writeByte('}');
    }

    /** Go's {@code omitempty}. */
    private static void unlessZero(ByteBuf out, String name, long value) {
        if (value != 0) {
            raw(out, ",\"" + name + "\":");
            number(out, value);
        }
    }
}
