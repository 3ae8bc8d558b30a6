package dev.parley.gateway.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.springframework.web.reactive.socket.CloseStatus;

/**
 * Puts the frames of one client together into messages (RFC 6455, section 5.4). A message may come in many frames, and a
 * character may be cut by them; all frames of a message together may be as large as one. Used by one thread at a time.
 */
final class IncomingFrames {

    private final int maxBytes;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream(0);
    private boolean open;

    IncomingFrames(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** What a frame amounts to. */
    sealed interface Incoming {

        /** A whole text message. */
        record Text(String text) implements Incoming {}

        /** To be answered with a pong of the same content. */
        record Ping(ByteBuffer content) implements Incoming {}

        /** A sign of life and nothing else, such as a pong or a part of a message. */
        record Sign() implements Incoming {}

        /** Something that a client of ours does not send. */
        record Wrong(CloseStatus reason) implements Incoming {}
    }

    private static final Incoming SIGN = new Incoming.Sign();

    /** Reads the frame's content; the frame is not needed afterwards. */
    Incoming accept(WebSocketFrame frame) {
        if (frame.rsv() != 0) {
            return new Incoming.Wrong(CloseStatus.PROTOCOL_ERROR); // of an extension that was not agreed on
        }
        return switch (frame) {
            case TextWebSocketFrame first when open -> new Incoming.Wrong(CloseStatus.PROTOCOL_ERROR);
            case TextWebSocketFrame first -> add(first);
            case ContinuationWebSocketFrame next when open -> add(next);
            case ContinuationWebSocketFrame stray -> new Incoming.Wrong(CloseStatus.PROTOCOL_ERROR);
            case BinaryWebSocketFrame binary -> new Incoming.Wrong(CloseReasons.BINARY_FRAME);
            case PingWebSocketFrame ping -> new Incoming.Ping(ByteBuffer.wrap(ByteBufUtil.getBytes(ping.content())));
            default -> SIGN;
        };
    }

    private Incoming add(WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (text.size() + content.readableBytes() > maxBytes) {
            return new Incoming.Wrong(CloseReasons.FRAME_TOO_LARGE);
        }
        open = !frame.isFinalFragment();
        if (open) {
            text.writeBytes(ByteBufUtil.getBytes(content));
            return SIGN;
        }
        if (text.size() == 0) {
            return decoded(content.nioBuffer());
        }
        text.writeBytes(ByteBufUtil.getBytes(content));
        Incoming whole = decoded(ByteBuffer.wrap(text.toByteArray()));
        text.reset();
        return whole;
    }

    private static Incoming decoded(ByteBuffer utf8) {
        try {
            return new Incoming.Text(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
        } catch (CharacterCodingException notUtf8) {
            return new Incoming.Wrong(CloseStatus.BAD_DATA);
        }
    }
}
