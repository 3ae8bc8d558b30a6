package dev.parley.gateway.rehearsal;

import static dev.parley.gateway.rehearsal.RehearsalSettings.require;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How lines are cut on their way. Each piece is a chunk of HTTP's and a write of its own.
 *
 * @param linesPerWrite so many lines go together, as something on the way may gather them; 1: each by itself
 * @param pieceBytes lines go in pieces of so many bytes; 0: whole; 1: byte by byte
 * @param splitAt each line is cut once, after so many bytes; 0: not at all
 * @param splitCharacters each line is cut once, in the middle of its first character of several bytes
 */
public record Wire(int linesPerWrite, int pieceBytes, int splitAt, boolean splitCharacters) {

    public Wire {
        require(linesPerWrite >= 1, "linesPerWrite", linesPerWrite, ">= 1");
        require(pieceBytes >= 0, "pieceBytes", pieceBytes, ">= 0");
        require(splitAt >= 0, "splitAt", splitAt, ">= 0");
    }

    /** Each line whole, and by itself. */
    public static Wire defaults() {
        return new Wire(1, 0, 0, false);
    }

    public Wire withLinesPerWrite(int linesPerWrite) {
        return new Wire(linesPerWrite, pieceBytes, splitAt, splitCharacters);
    }

    public Wire withPieceBytes(int pieceBytes) {
        return new Wire(linesPerWrite, pieceBytes, splitAt, splitCharacters);
    }

    public Wire withSplitAt(int splitAt) {
        return new Wire(linesPerWrite, pieceBytes, splitAt, splitCharacters);
    }

    public Wire withSplitCharacters(boolean splitCharacters) {
        return new Wire(linesPerWrite, pieceBytes, splitAt, splitCharacters);
    }

    boolean isWhole() {
        return pieceBytes == 0 && splitAt == 0 && !splitCharacters;
    }

    /** The pieces in which something is sent. */
    List<ByteBuffer> cut(byte[] bytes) {
        var pieces = new ArrayList<ByteBuffer>();
        int begin = 0;
        while (begin < bytes.length) {
            int end = pieceBytes == 0 ? bytes.length : Math.min(bytes.length, begin + pieceBytes);
            for (int cut : new int[]{splitAt, splitCharacters ? insideCharacter(bytes) : 0}) {
                end = begin < cut && cut < end ? cut : end;
            }
            pieces.add(ByteBuffer.wrap(bytes, begin, end - begin).slice());
            begin = end;
        }
        return pieces;
    }

    private static int insideCharacter(byte[] bytes) {
        for (int i = 1; i < bytes.length; i++) {
            // The second byte of a character, and each later one, begins with the bits 10.
            if ((bytes[i] & 0xC0) == 0x80) {
                return i;
            }
        }
        return 0;
    }
}
