package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** Three carriers of one feed: whichever is used, and whenever it is changed, the transcript is the same. */
class TransportsIntegrationTests extends Conversations {

    static Stream<Arguments> changes() {
        return Stream.of(Reader.Transport.values()).flatMap(from -> Stream.of(Reader.Transport.values())
                .map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aChangeInTheMiddleOfAnAnswerLosesAndRepeatsNothing(Reader.Transport from, Reader.Transport to)
            throws Exception {
        Opened visitor = visitor();
        String cursor;
        String text;
        List<JsonNode> before;
        post(visitor, "m0", "/say hello", 201);
        try (Reader earlier = Reader.open(from, address(), visitor, "0")) {
            // Whoever comes when it is over is told its message, and of no end.
            earlier.await(event -> event.path("sender").asString().equals("assistant"));
        }
        try (HeldAnswer held = HeldAnswer.next(MODEL, 10, 20)) {
            try (Reader first = Reader.open(from, address(), visitor, "0")) {
                post(visitor, "m1", "/long 30", 201);
                first.await(event -> event.path("text").asString().contains("word3"));
                cursor = first.cursor("0");
                before = first.of("message");
                text = first.grown("");
            }
            try (Reader second = Reader.open(to, address(), visitor, cursor)) {
                held.goOn(10);
                second.await(event -> second.grown(text).length() > text.length());
                held.goOn(20);
                second.await("answer_finished");
                JsonNode answer = second.await("message");
                // What came between the cursor's being read and the first transport's end may be given again.
                assertThat(Stream.concat(before.stream(), second.of("message").stream())
                        .map(message -> message.path("seq").asLong()).distinct().toList())
                        .containsExactlyElementsOf(LongStream.rangeClosed(1, 4).boxed().toList());
                assertThat(second.of("message")).hasSize(1);
                assertThat(answer.path("text").asString()).endsWith("word30").startsWith(second.grown(text));
                assertThat(second.of("answer_finished")).hasSize(1);
            }
        }
    }

    @Test
    void allThreeTellTheSame() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        try (Reader socket = Reader.open(Reader.Transport.WEB_SOCKET, address(), visitor, "0");
                Reader stream = Reader.open(Reader.Transport.SSE, address(), visitor, "0");
                Reader polls = Reader.open(Reader.Transport.POLL, address(), visitor, "0")) {
            List<Reader> all = List.of(socket, stream, polls);
            socket.await("hello");
            stream.await("hello");
            post(visitor, "m1", "/say The same to all 🍰", 201);
            all.forEach(reader -> reader.await("answer_finished"));
            post(visitor, "m2", "/long 300", 201);
            all.forEach(reader -> reader.await(event -> event.path("text").asString().contains("word5")));
            json(request(HttpMethod.POST, "/api/dialogs/%d/messages".formatted(visitor.dialogId()), operator)
                    .bodyValue(java.util.Map.of("client_msg_id", "o1", "text", "A human here")), 201);
            all.forEach(reader -> reader.await(event -> event.path("text").asString().equals("A human here")));

            List<JsonNode> durable = durable(socket);
            assertThat(durable).hasSize(6);
            assertThat(durable(stream)).isEqualTo(durable);
            assertThat(durable(polls)).isEqualTo(durable);
            assertThat(all).allSatisfy(reader -> assertThat(reader.of("answer_finished"))
                    .extracting(finished -> finished.path("reason").asString()).containsExactly("done", "handoff"));
        }
    }

    private static List<JsonNode> durable(Reader reader) {
        return reader.events().stream().filter(event -> event.has("seq") && event.has("sender")).toList();
    }
}
