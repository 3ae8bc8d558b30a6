package dev.parley.gateway;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** A visitor of gateways in processes, and what it asks them. */
record AskedOfProcess(long dialog, String token) {

    private static final AtomicInteger QUESTIONS = new AtomicInteger();

    /**
     * A question whose asker was told that it is stored and will be answered.
     *
     * @param answer what the model says to it
     */
    record Promised(AskedOfProcess visitor, String requestId, String question, String answer) {

        /** The messages that came of it. */
        List<JsonNode> answersIn(List<JsonNode> log) {
            return log.stream()
                    .filter(message -> message.path("sender").asString("").equals("assistant"))
                    .filter(message -> message.path("request_id").asString("").equals(requestId))
                    .toList();
        }
    }

    static AskedOfProcess visit(GatewayProcess gateway, long assistant) throws IOException {
        JsonNode opened = gateway.post("/api/widget/dialogs", "", Map.of("assistant_id", assistant)).body();
        return new AskedOfProcess(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
    }

    /** Asks something that was not asked before; nothing where there will be no answer. */
    List<Promised> ask(GatewayProcess gateway) throws IOException {
        String answer = "what " + QUESTIONS.incrementAndGet() + " asked to have said, in some words";
        String question = "/say " + answer;
        GatewayProcess.Answer posted = gateway.post("/api/widget/dialogs/%d/messages".formatted(dialog), token,
                Map.of("client_msg_id", answer, "text", question));
        return posted.status() == 201 && posted.body().has("answer")
                ? List.of(new Promised(this, posted.body().path("answer").path("request_id").asString(), question,
                        answer))
                : List.of();
    }

    List<JsonNode> log(GatewayProcess gateway) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        JsonNode page;
        do {
            page = gateway.get("/api/widget/dialogs/%d/messages?limit=100&after=%d".formatted(dialog, all.size()),
                    token).body();
            page.path("messages").forEach(all::add);
        } while (page.path("has_more").asBoolean());
        return all;
    }
}
