package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Speech.Piece;
import dev.parley.gateway.rehearsal.Speech.Text;
import dev.parley.gateway.rehearsal.Speech.Thought;
import dev.parley.gateway.rehearsal.Speech.ToolCall;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer in one object, at its end. */
final class Whole implements Delivery {

    private final Reply reply;
    private final Form form;
    private final LedgerEntry entry;
    private final StringBuilder thoughts = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final List<ToolCall> tools = new ArrayList<>();

    Whole(Reply reply, Form form, LedgerEntry entry) {
        this.reply = reply;
        this.form = form;
        this.entry = entry;
    }

    @Override
    public Reply reply() {
        return reply;
    }

    @Override
    public @Nullable ChannelFuture piece(Piece piece) {
        add(piece);
        return null;
    }

    /** Ollama itself could not read its runner then. */
    @Override
    public @Nullable ChannelFuture garbage() {
        throw new OllamaError(500, Fault.RUNNER_STOPPED);
    }

    @Override
    public void flush() {}

    @Override
    public void drop() {}

    @Override
    public Runnable last(Speech speech, Metrics metrics) {
        add(speech.last());
        return send(speech.doneReason(), metrics);
    }

    @Override
    public Runnable failure(String failure) {
        return refuse(500, failure);
    }

    @Override
    public Runnable end(@Nullable Piece half) {
        return send("", Metrics.NONE);
    }

    @Override
    public Runnable refuse(int status, String failure) {
        ByteBuf body = Unpooled.buffer();
        form.error(body, status, failure);
        return send(status, body);
    }

    private void add(Piece piece) {
        switch (piece) {
            case Thought(String thought) -> thoughts.append(thought);
            case Text(String more) -> text.append(more);
            case ToolCall tool -> tools.add(tool);
        }
    }

    private Runnable send(String reason, Metrics metrics) {
        ByteBuf body = Unpooled.buffer();
        form.whole(body, new Form.Whole(thoughts.toString(), text.toString(), tools), reason, metrics);
        return send(200, body);
    }

    private Runnable send(int status, ByteBuf body) {
        entry.answeredBy(status);
        entry.wrote(body.readableBytes());
        return () -> reply.send(status, Form.JSON, body);
    }
}
