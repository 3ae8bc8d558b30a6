package dev.parley.gateway.rehearsal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WireTests {

    private static final Wire WHOLE = Wire.defaults();

    @Test
    void cutsWhereItIsTold() {
        assertThat(cut(WHOLE, "abcdef")).containsExactly("abcdef");
        assertThat(cut(WHOLE.withPieceBytes(4), "abcdef")).containsExactly("abcd", "ef");
        assertThat(cut(WHOLE.withSplitAt(1), "abcdef")).containsExactly("a", "bcdef");
        assertThat(cut(WHOLE.withSplitAt(9), "abcdef")).containsExactly("abcdef");
        assertThat(cut(WHOLE.withSplitAt(1).withPieceBytes(3), "abcdef")).containsExactly("a", "bcd", "ef");
    }

    @Test
    void cutsACharacterInTheMiddle() {
        List<ByteBuffer> pieces = WHOLE.withSplitCharacters(true).cut("aé日".getBytes(UTF_8));

        assertThat(pieces).extracting(ByteBuffer::remaining).containsExactly(2, 4);
    }

    @Property
    void losesNothing(@ForAll String text, @ForAll @IntRange(max = 5) int piece, @ForAll @IntRange(max = 5) int at,
            @ForAll boolean characters) {
        byte[] bytes = text.getBytes(UTF_8);
        var joined = ByteBuffer.allocate(bytes.length);

        new Wire(1, piece, at, characters).cut(bytes).forEach(joined::put);

        assertThat(joined.array()).isEqualTo(bytes);
    }

    private static List<String> cut(Wire wire, String text) {
        return wire.cut(text.getBytes(UTF_8)).stream().map(piece -> UTF_8.decode(piece).toString()).toList();
    }
}
