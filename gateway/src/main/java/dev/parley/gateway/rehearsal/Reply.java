package dev.parley.gateway.rehearsal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Writes one HTTP answer, byte by byte as it is meant to be, which no encoder would let it be. For the event loop alone.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of writes after which nothing is waited for; a failed one closes the channel
final class Reply {

    /** Room for the size of a chunk, in eight digits and a line's end. */
    private static final int SIZE_ROOM = 10;

    private final Channel channel;
    private final boolean isHead;
    private final boolean isChunked;
    private final boolean isKept;
    private final Runnable whenOver;
    private @Nullable Runnable whenGone;
    private boolean hasBegun;
    private boolean isOver;

    /**
     * @param isHead whether only the head is to be sent
     * @param isChunked whether the client knows chunks
     * @param isKept whether the connection is to stay
     */
    Reply(Channel channel, boolean isHead, boolean isChunked, boolean isKept, Runnable whenOver) {
        this.channel = channel;
        this.isHead = isHead;
        this.isChunked = isChunked;
        this.isKept = isKept && isChunked;
        this.whenOver = whenOver;
    }

    /** What is to be done if the client goes before this is over. */
    void whenGone(Runnable action) {
        whenGone = action;
    }

    void gone() {
        if (!isOver) {
            isOver = true;
            if (whenGone != null) {
                whenGone.run();
            }
        }
    }

    boolean hasBegun() {
        return hasBegun;
    }

    /** All of the answer. */
    void send(int status, String type, ByteBuf body) {
        ByteBuf head = head(status, type);
        ByteBufUtil.writeAscii(head, "Content-Length: " + body.readableBytes() + "\r\n\r\n");
        channel.write(head);
        if (isHead) {
            body.release();
            over(channel.writeAndFlush(channel.alloc().buffer(0, 0)));
        } else {
            over(channel.writeAndFlush(body));
        }
    }

    /** A buffer for what {@link #chunk} is to send. */
    ByteBuf buffer() {
        return channel.alloc().buffer(256).writerIndex(SIZE_ROOM).readerIndex(SIZE_ROOM);
    }

    /** A piece of a stream, and before the first one the status. */
    ChannelFuture chunk(String type, ByteBuf bytes) {
        begin(type);
        if (isChunked) {
            String size = Integer.toHexString(bytes.readableBytes()) + "\r\n";
            int begin = bytes.readerIndex() - size.length();
            bytes.setCharSequence(begin, size, StandardCharsets.US_ASCII);
            bytes.readerIndex(begin).writeByte('\r').writeByte('\n');
        }
        return channel.writeAndFlush(bytes);
    }

    /** The end of a stream as it should be. */
    void end(String type) {
        begin(type);
        ByteBuf end = channel.alloc().buffer(8);
        if (isChunked) {
            ByteBufUtil.writeAscii(end, "0\r\n\r\n");
        }
        over(channel.writeAndFlush(end));
    }

    /** The end of the connection in the middle of it. */
    void cut() {
        isOver = true;
        channel.close();
    }

    /** The same without the politeness of TCP. */
    void reset() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        cut();
    }

    private void begin(String type) {
        if (!hasBegun) {
            ByteBuf head = head(200, type);
            ByteBufUtil.writeAscii(head, isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
            channel.write(head);
        }
    }

    private ByteBuf head(int status, String type) {
        hasBegun = true;
        ByteBuf head = channel.alloc().buffer(256);
        // HttpResponseStatus knows no 499; Go writes a code that it does not know as its text.
        String reason = status == 499 ? "status code 499" : HttpResponseStatus.valueOf(status).reasonPhrase();
        ByteBufUtil.writeAscii(head, "HTTP/1.1 " + status + " " + reason + "\r\nContent-Type: " + type + "\r\nDate: "
                + DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)).replace("+0000", "GMT")
                + "\r\n" + (isKept ? "" : "Connection: close\r\n"));
        return head;
    }

    private void over(ChannelFuture written) {
        isOver = true;
        if (isKept) {
            whenOver.run();
        } else {
            written.addListener(done -> channel.close());
        }
    }
}
