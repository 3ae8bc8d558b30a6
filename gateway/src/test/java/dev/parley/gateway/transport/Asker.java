package dev.parley.gateway.transport;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** One of many visitors, each with a dialog of its own, who asks and remembers all that it is told. */
final class Asker implements AutoCloseable {

    private final Conversations.Opened visitor;
    private final TestSocket socket;
    private String question = "";
    private int asked;
    private String request = "";
    private int pings;

    /** @param socket that tells all of the dialog, also what the visitor said itself */
    Asker(Conversations.Opened visitor, TestSocket socket) {
        this.visitor = visitor;
        this.socket = socket;
    }

    Conversations.Opened visitor() {
        return visitor;
    }

    TestSocket socket() {
        return socket;
    }

    /** What it has asked last. */
    String question() {
        return question;
    }

    void ask(String text) {
        question = text;
        request = "";
        socket.message("m" + ++asked, text);
    }

    /** What was said to its last question when that was stored. */
    JsonNode ack() {
        String id = "m" + asked;
        return socket.await("ack", ack -> ack.path("client_msg_id").asString().equals(id));
    }

    /** Of the answer to its last question, which was not refused. */
    String requestId() {
        if (request.isEmpty()) {
            JsonNode ack = ack();
            if (!ack.has("answer")) {
                throw new AssertionError("there will be no answer to %s: %s".formatted(question, ack));
            }
            request = ack.path("answer").path("request_id").asString();
        }
        return request;
    }

    void cancel() {
        socket.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(requestId()));
    }

    boolean hasHeard(String type) {
        return !socket.frames(type).isEmpty();
    }

    /** The ends of the answer to its last question; there is to be one. */
    List<JsonNode> ends() {
        return ofAnswer("answer_finished");
    }

    boolean isAnswered() {
        return !ends().isEmpty();
    }

    /** The messages that came of the answer to its last question. */
    List<JsonNode> answers() {
        return ofAnswer("message").stream().filter(message -> isAssistants(message)).toList();
    }

    static boolean isAssistants(JsonNode message) {
        return message.path("sender").asString("").equals("assistant");
    }

    private List<JsonNode> ofAnswer(String type) {
        String id = requestId();
        return socket.frames(type).stream().filter(frame -> frame.path("request_id").asString("").equals(id))
                .toList();
    }

    /** As much of the answer to its last question as was shown while it grew. */
    String shown() {
        return socket.grown(requestId());
    }

    /** The seqs of all that is in the log, as they came. */
    List<Long> seqs() {
        return socket.frames().stream().filter(Asker::isLogged).map(frame -> frame.path("seq").asLong()).toList();
    }

    private static boolean isLogged(JsonNode frame) {
        return frame.has("seq") && frame.has("sender");
    }

    /** All that it was told after the first frame of this type, if there was one. */
    Optional<List<JsonNode>> after(String type) {
        List<JsonNode> frames = List.copyOf(socket.frames());
        int index = frames.stream().map(TestSocket::type).toList().indexOf(type);
        return index < 0 ? Optional.empty() : Optional.of(frames.subList(index + 1, frames.size()));
    }

    /** To know by {@link #hasHeardAll} when it has been told all that the gateway has to tell until now. */
    void ping() {
        pings++;
        socket.send("{\"type\":\"ping\"}");
    }

    boolean hasHeardAll() {
        return socket.frames("pong").size() == pings;
    }

    @Override
    public void close() {
        socket.close();
    }

    @Override
    public String toString() {
        return "%s: %s".formatted(question, socket.frames());
    }
}
