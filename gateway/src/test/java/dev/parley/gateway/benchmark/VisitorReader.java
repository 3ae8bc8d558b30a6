package dev.parley.gateway.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.JsonNode;

/** Asks through the gateway: visitors who stay for some questions, each with a dialog and a WebSocket. */
final class VisitorReader implements AnswerStreamBenchmark.Reader {

    private static final int OPENED_AT_ONCE = 20;

    /** Questions of a dialog; few have more, and the longer a conversation the more of it has to be told to the model. */
    private static final int QUESTIONS = 10;

    private final int port;
    private final WebClient rest;
    private final List<Visitor> visitors = new ArrayList<>();

    VisitorReader(int port) {
        this.port = port;
        this.rest = WebClient.create("http://127.0.0.1:" + port);
    }

    /** One with an open socket. */
    private static final class Visitor {

        private final Sinks.Many<String> out = Sinks.many().unicast().onBackpressureBuffer();
        private final AtomicInteger asked = new AtomicInteger();
        private volatile @Nullable Arrivals arrivals;
        private volatile Sinks.Empty<Void> finished = Sinks.empty();

        Mono<Void> ask(int words, AnswerStreamBenchmark.Seen seen) {
            return Mono.defer(() -> {
                finished = Sinks.empty();
                arrivals = new Arrivals(seen);
                out.tryEmitNext("{\"type\":\"message\",\"client_msg_id\":\"m%d\",\"text\":\"/long %d\"}"
                        .formatted(asked.incrementAndGet(), words)).orThrow();
                return finished.asMono();
            });
        }

        void heard(String frame) {
            Arrivals now = arrivals;
            if (frame.contains("\"type\":\"answer_delta\"") && now != null) {
                now.arrived();
            } else if (frame.contains("\"type\":\"answer_finished\"")) {
                finished.tryEmitEmpty();
            } else if (frame.contains("answer_refused") || frame.contains("\"type\":\"error\"")) {
                finished.tryEmitError(new IllegalStateException(frame));
            }
        }
    }

    @Override
    public Mono<Void> read(int streams, int words, AnswerStreamBenchmark.Seen seen) {
        return Flux.defer(() -> {
            List<Visitor> done = visitors.stream().filter(visitor -> visitor.asked.get() >= QUESTIONS).toList();
            done.forEach(visitor -> visitor.out.tryEmitComplete().orThrow());
            visitors.removeAll(done);
            return Flux.range(0, Math.max(0, streams - visitors.size()));
        })
                .flatMap(i -> open(), OPENED_AT_ONCE)
                .doOnNext(visitors::add)
                .thenMany(AnswerStreamBenchmark.arrivals(streams))
                .flatMap(i -> visitors.get(i.intValue()).ask(words, seen), streams)
                .then();
    }

    private Mono<Visitor> open() {
        return rest.post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 1)).retrieve()
                .bodyToMono(JsonNode.class)
                .flatMap(opened -> connect(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString()));
    }

    private Mono<Visitor> connect(long dialogId, String token) {
        Visitor visitor = new Visitor();
        Sinks.Empty<Void> ready = Sinks.empty();
        HttpClient.create(ConnectionProvider.newConnection())
                .headers(headers -> headers.set("Authorization", "Bearer " + token))
                .websocket(WebsocketClientSpec.builder().build())
                .uri("ws://127.0.0.1:" + port + "/ws/widget/dialogs/" + dialogId)
                .handle((in, out) -> out.sendString(visitor.out.asFlux(), java.nio.charset.StandardCharsets.UTF_8)
                        .then()
                        .then(Mono.defer(() -> out.sendClose()))
                        .and(in.receive().asString().doOnNext(frame -> {
                            ready.tryEmitEmpty();
                            visitor.heard(frame);
                        }).then()))
                .subscribe(nothing -> {}, ready::tryEmitError);
        return ready.asMono().thenReturn(visitor);
    }
}
