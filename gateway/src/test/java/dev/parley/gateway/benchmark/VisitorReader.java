package dev.parley.gateway.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Asks through the gateway: visitors who stay for some questions, each with a dialog and a WebSocket. */
final class VisitorReader implements AnswerStreamBenchmark.Reader {

    private static final int OPENED_AT_ONCE = 20;

    /** Questions of a dialog; few have more, and the longer a conversation the more of it has to be told to the model. */
    private static final int QUESTIONS = 10;

    private final int port;
    private final WebClient rest;
    private final List<AskingSocket> visitors = new ArrayList<>();

    VisitorReader(int port) {
        this.port = port;
        this.rest = WebClient.create("http://127.0.0.1:" + port);
    }

    @Override
    public Mono<Void> read(int streams, int words, AnswerStreamBenchmark.Seen seen) {
        return Flux.defer(() -> {
            List<AskingSocket> done = visitors.stream().filter(visitor -> visitor.asked() >= QUESTIONS).toList();
            done.forEach(AskingSocket::close);
            visitors.removeAll(done);
            return Flux.range(0, Math.max(0, streams - visitors.size()));
        })
                .flatMap(i -> open(), OPENED_AT_ONCE)
                .doOnNext(visitors::add)
                .thenMany(AnswerStreamBenchmark.arrivals(streams))
                .flatMap(i -> ask(visitors.get(i.intValue()), words, seen), streams)
                .then();
    }

    private static Mono<Void> ask(AskingSocket visitor, int words, AnswerStreamBenchmark.Seen seen) {
        return visitor.ask("{\"type\":\"message\",\"client_msg_id\":\"m%d\",\"text\":\"/long %d\"}"
                .formatted(visitor.asked(), words), seen);
    }

    private Mono<AskingSocket> open() {
        return rest.post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 1)).retrieve()
                .bodyToMono(JsonNode.class)
                .flatMap(opened -> new AskingSocket(VisitorReader::heard).connect(
                        "ws://127.0.0.1:%d/ws/widget/dialogs/%d".formatted(port, opened.path("dialog_id").asLong()),
                        headers -> headers.set("Authorization", "Bearer " + opened.path("visitor_token").asString()),
                        true));
    }

    private static void heard(AskingSocket visitor, String frame) {
        if (frame.contains("\"type\":\"answer_delta\"")) {
            visitor.arrived();
        } else if (frame.contains("\"type\":\"answer_finished\"")) {
            visitor.finished();
        } else if (frame.contains("answer_refused") || frame.contains("\"type\":\"error\"")) {
            visitor.failed(frame);
        }
    }
}
