package dev.parley.gateway.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class LinesTests {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ANY_LENGTH = 1 << 20;

    private final NettyDataBufferFactory factory = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);
    private final List<ByteBuf> buffers = new ArrayList<>();

    @Property(tries = 300)
    void findsTheSameLinesWhereverTheStreamIsCut(@ForAll @Size(max = 12) List<String> texts,
            @ForAll @IntRange(min = 1, max = 40) int longest, @ForAll long seed, @ForAll boolean unterminated) {
        List<String> lines = texts.stream().map(LinesTests::asLine).toList();
        String stream = String.join("\n", lines) + (unterminated || lines.isEmpty() ? "" : "\n");

        List<String> found = read(cut(stream, longest, new Random(seed)));

        assertThat(found).isEqualTo(lines);
        assertEverythingIsReleased();
    }

    @Test
    void findsTheSameLinesInSingleBytes() {
        String stream = "{\"é\":\"日本\"}\n{\"🙂\":1}\r\n";

        assertThat(read(cut(stream, 1, new Random(1)))).containsExactly("{\"é\":\"日本\"}", "{\"🙂\":1}\r");
        assertEverythingIsReleased();
    }

    @Test
    void findsManyLinesInOneBuffer() {
        assertThat(read(List.of(buffer("1\n22\n\n \t\r\n333")))).containsExactly("1", "22", "", " \t\r", "333");
        assertEverythingIsReleased();
    }

    @Test
    void keepsTheEndOfALineThatHasOne() {
        Lines.split(Flux.just(buffer("whole\ncut")), ANY_LENGTH)
                .map(line -> new String(line, UTF_8))
                .as(StepVerifier::create)
                .expectNext("whole\n", "cut")
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void takesALineOfExactlyTheLimit() {
        Lines.split(Flux.just(buffer("1234567"), buffer("8\n"), buffer("1\n")), 9)
                .as(StepVerifier::create)
                .expectNextCount(2)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void aLineOverTheLimitFailsAfterTheLinesBeforeIt() {
        TestPublisher<DataBuffer> network = TestPublisher
                .createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);

        StepVerifier.create(Lines.split(network.flux(), 8).map(line -> new String(line, UTF_8)))
                .then(() -> network.next(buffer("good\n1234")))
                .expectNext("good\n")
                .then(() -> network.next(buffer("ok\n123456789")))
                .expectNext("1234ok\n")
                .expectErrorSatisfies(failure -> assertThat(failure).isInstanceOfSatisfying(ModelException.class,
                        e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.FAILED)))
                .verify(PATIENCE);
    }

    @Test
    void releasesWhatComesAfterTheFailure() {
        TestPublisher<DataBuffer> network = TestPublisher
                .createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);

        StepVerifier.create(Lines.split(network.flux(), 8))
                .then(() -> network.next(buffer("123456789")))
                .expectError(ModelException.class)
                .verify(PATIENCE);
        network.next(buffer("late\n"));

        assertEverythingIsReleased();
    }

    @Test
    void releasesEverythingWhenTheNetworkFails() {
        StepVerifier
                .create(Lines.split(Flux.just(buffer("a\nb")).concatWith(Flux.error(new IllegalStateException())),
                        ANY_LENGTH))
                .expectNextCount(1).expectError(IllegalStateException.class).verify(PATIENCE);

        assertEverythingIsReleased();
    }

    @Test
    void releasesEverythingWhenCancelled() {
        TestPublisher<DataBuffer> network = TestPublisher.create();

        StepVerifier.create(Lines.split(network.flux(), ANY_LENGTH), 1)
                .then(() -> network.next(buffer("1\n2\n3\n")))
                .expectNextCount(1)
                .then(() -> network.next(buffer("4\n5\nhalf"), buffer("6\n")))
                .thenCancel()
                .verify(PATIENCE);

        network.assertCancelled();
        assertEverythingIsReleased();
    }

    private List<String> read(List<DataBuffer> pieces) {
        return Lines.split(Flux.fromIterable(pieces), ANY_LENGTH)
                .map(line -> new String(line, UTF_8))
                .map(line -> line.endsWith("\n") ? line.substring(0, line.length() - 1) : line)
                .collectList()
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private List<DataBuffer> cut(String stream, int longest, Random random) {
        byte[] bytes = stream.getBytes(UTF_8);
        var pieces = new ArrayList<DataBuffer>();
        for (int from = 0; from < bytes.length;) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(longest));
            pieces.add(buffer(Arrays.copyOfRange(bytes, from, to)));
            from = to;
        }
        return pieces;
    }

    private DataBuffer buffer(String text) {
        return buffer(text.getBytes(UTF_8));
    }

    private DataBuffer buffer(byte[] bytes) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        buffers.add(buffer);
        return factory.wrap(buffer);
    }

    private void assertEverythingIsReleased() {
        assertThat(buffers).allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero());
        buffers.clear();
    }

    /** Any text makes a line once it holds no line's end and is not blank. */
    private static String asLine(String text) {
        // By way of bytes: half a surrogate pair has none.
        return new String(("{" + text.replace("\n", "é日🙂") + "}").getBytes(UTF_8), UTF_8);
    }
}
