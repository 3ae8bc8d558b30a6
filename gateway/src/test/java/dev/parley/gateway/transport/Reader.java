package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A visitor that follows a dialog over one of the three transports, as tests of all of them see it. */
record Reader(Supplier<List<JsonNode>> told, Runnable closing, @Nullable TestPolls polls) implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    enum Transport {
        WEB_SOCKET, SSE, POLL
    }

    static Reader open(Transport transport, String address, Conversations.Opened visitor, String cursor)
            throws Exception {
        return open(transport, address, "/widget/dialogs/" + visitor.dialogId(), visitor.token(), cursor);
    }

    /** An operator, instead. */
    static Reader operator(Transport transport, String address, long dialogId, String token, String cursor)
            throws Exception {
        return open(transport, address, "/dialogs/" + dialogId, token, cursor);
    }

    private static Reader open(Transport transport, String address, String path, String token, String cursor)
            throws Exception {
        String query = "?echo=true&since=" + cursor;
        return switch (transport) {
            case WEB_SOCKET -> {
                TestSocket socket = TestSocket.open(address, "/ws" + path + query, token);
                yield new Reader(socket::frames, socket::close, null);
            }
            case SSE -> {
                TestStream stream = TestStream.open(address, "/sse" + path + query, token);
                yield new Reader(stream::data, stream::close, null);
            }
            case POLL -> {
                TestPolls polls = TestPolls.start(address + "/poll" + path, token, cursor);
                yield new Reader(polls::events, polls::close, polls);
            }
        };
    }

    List<JsonNode> events() {
        return told.get();
    }

    List<JsonNode> of(String type) {
        return events().stream().filter(event -> event.path("type").asString().equals(type)).toList();
    }

    JsonNode await(String type) {
        return await(event -> event.path("type").asString().equals(type));
    }

    JsonNode await(Predicate<JsonNode> wanted) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(events()).anyMatch(wanted));
        return events().stream().filter(wanted).findFirst().orElseThrow();
    }

    /** From where to go on: for a poll its cursor, else the newest seq. */
    String cursor(String before) {
        return polls != null
                ? polls.cursor()
                : events().stream()
                        .filter(event -> event.has("seq") && !event.path("type").asString().equals("hello"))
                        .filter(event -> !event.path("type").asString().equals("answer_finished"))
                        .map(event -> event.path("seq").asString())
                        .reduce(before, (first, second) -> second);
    }

    /** What the deltas make, laid over what was known before. */
    String grown(String known) {
        StringBuilder text = new StringBuilder(known);
        of("answer_delta").forEach(delta -> {
            text.setLength(delta.path("offset").asInt());
            text.append(delta.path("text").asString());
        });
        return text.toString();
    }

    @Override
    public void close() {
        closing.run();
    }
}
