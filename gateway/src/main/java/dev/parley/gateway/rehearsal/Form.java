package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Speech.Piece;
import dev.parley.gateway.rehearsal.Speech.ToolCall;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** How one end point writes an answer. Each instance is of one answer. */
interface Form {

    String JSON = "application/json; charset=utf-8";

    /** The type of a stream, and that of an error instead of one. */
    String streamType();

    String errorType();

    /** A line, with its end. */
    void piece(ByteBuf out, Piece piece);

    /** What ends the stream as it should. */
    void last(ByteBuf out, Piece piece, String reason, Metrics metrics);

    /** What a stream says that fails in its middle. */
    void failure(ByteBuf out, String text);

    /** The whole answer in one object; without a reason where it did not come to its end. */
    void whole(ByteBuf out, Whole whole, String reason, Metrics metrics);

    /** The body of an answer that is an error. */
    void error(ByteBuf out, int status, String text);

    /** All that was said. */
    record Whole(String thoughts, String text, List<ToolCall> tools) {}
}
