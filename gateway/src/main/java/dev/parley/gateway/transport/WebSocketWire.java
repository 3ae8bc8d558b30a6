package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.SharedEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * In which form bytes go to the channel of a WebSocket.
 *
 * @param events how events are written
 * @param reply makes of a JSON object what waits in the outbox
 * @param wrapping what the channel's pipeline gets
 */
record WebSocketWire(SharedEvent.Form events, UnaryOperator<byte[]> reply, Function<byte[], Object> wrapping) {

    /** Whole frames, the same bytes for everybody. */
    static WebSocketWire plain(EventForms forms, boolean wrapped) {
        return new WebSocketWire(wrapped ? forms.wrappedFrame : forms.frame, WebSocketText::frame,
                Unpooled::wrappedBuffer);
    }

    /** Texts, of which the pipeline makes frames: what is compressed is each connection's own. */
    static WebSocketWire compressed(EventForms forms, boolean wrapped) {
        return new WebSocketWire(wrapped ? forms.wrappedJson : forms.json, UnaryOperator.identity(),
                WebSocketWire::frame);
    }

    private static Object frame(byte[] bytes) {
        ByteBuf content = Unpooled.wrappedBuffer(bytes);
        return bytes == WebSocketText.PING ? new PingWebSocketFrame() : new TextWebSocketFrame(content);
    }
}
