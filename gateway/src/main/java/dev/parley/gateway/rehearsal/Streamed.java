package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Speech.Piece;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer line by line, as Ollama's server writes it: nothing at all, not even the status, before there is a first line;
 * then each line at once, unless lines are to go together.
 */
@SuppressWarnings("FutureReturnValueIgnored") // after the last line nothing is waited for; a failed write closes the channel
final class Streamed implements Delivery {

    private final Reply reply;
    private final Form form;
    private final Wire wire;
    private final int linesPerWrite;
    private final LedgerEntry entry;
    private @Nullable ByteBuf kept;
    private int keptLines;

    Streamed(Reply reply, Form form, Wire wire, int linesPerWrite, LedgerEntry entry) {
        this.reply = reply;
        this.form = form;
        this.wire = wire;
        this.linesPerWrite = linesPerWrite;
        this.entry = entry;
    }

    @Override
    public Reply reply() {
        return reply;
    }

    @Override
    public @Nullable ChannelFuture piece(Piece piece) {
        return line(out -> form.piece(out, piece));
    }

    @Override
    public @Nullable ChannelFuture garbage() {
        return line(out -> out.writeBytes(JsonBytes.utf8("<html>Bad gateway – no JSON</html>\n")));
    }

    @Override
    public void flush() {
        send();
    }

    @Override
    public Runnable last(Speech speech, Metrics metrics) {
        keep(out -> form.last(out, speech.last(), speech.doneReason(), metrics));
        return this::close;
    }

    @Override
    public Runnable failure(String text) {
        keep(out -> form.failure(out, text));
        return this::close;
    }

    @Override
    public Runnable end(@Nullable Piece half) {
        if (half != null) {
            ByteBuf line = Unpooled.buffer();
            form.piece(line, half);
            keep(out -> out.writeBytes(line, line.readableBytes() / 2));
        }
        return this::close;
    }

    @Override
    public Runnable refuse(int status, String text) {
        ByteBuf body = Unpooled.buffer();
        form.error(body, status, text);
        entry.answeredBy(status);
        entry.wrote(body.readableBytes());
        return () -> reply.send(status, form.errorType(), body);
    }

    private void close() {
        send();
        entry.answeredBy(200);
        reply.end(form.streamType());
    }

    private @Nullable ChannelFuture line(Consumer<ByteBuf> writer) {
        keep(writer);
        return keptLines >= linesPerWrite ? send() : null;
    }

    private void keep(Consumer<ByteBuf> writer) {
        ByteBuf out = kept;
        if (out == null) {
            out = reply.buffer();
            kept = out;
        }
        int before = out.readableBytes();
        writer.accept(out);
        entry.wrote(out.readableBytes() - before);
        keptLines++;
    }

    private @Nullable ChannelFuture send() {
        ByteBuf out = kept;
        kept = null;
        keptLines = 0;
        if (out == null) {
            return null;
        }
        if (!reply.hasBegun()) {
            entry.answeredBy(200);
        }
        return wire.isWhole() ? reply.chunk(form.streamType(), out) : cut(out);
    }

    private @Nullable ChannelFuture cut(ByteBuf line) {
        byte[] bytes = ByteBufUtil.getBytes(line);
        line.release();
        ChannelFuture last = null;
        for (ByteBuffer piece : wire.cut(bytes)) {
            last = reply.chunk(form.streamType(), reply.buffer().writeBytes(piece));
        }
        return last;
    }

    @Override
    public void drop() {
        if (kept != null) {
            kept.release();
            kept = null;
        }
    }
}
