package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.server.RelayServer;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks through a {@link RelayServer}, over WebSockets that stay open. */
final class RelayReader implements AnswerStreamBenchmark.Reader {

    private static final int OPENED_AT_ONCE = 20;

    private final String uri;
    private final List<AskingSocket> sockets = new ArrayList<>();

    RelayReader(int port) {
        this.uri = "ws://127.0.0.1:%d/ws".formatted(port);
    }

    @Override
    public Mono<Void> read(int streams, int words, AnswerStreamBenchmark.Seen seen) {
        return Flux.range(0, Math.max(0, streams - sockets.size()))
                .flatMap(i -> new AskingSocket(RelayReader::heard).connect(uri, headers -> {}, false), OPENED_AT_ONCE)
                .doOnNext(sockets::add)
                .thenMany(AnswerStreamBenchmark.arrivals(streams))
                .flatMap(i -> sockets.get(i.intValue()).ask(AnswerStreamBenchmark.question(words), seen), streams)
                .then();
    }

    private static void heard(AskingSocket socket, String frame) {
        if (frame.equals(RelayServer.END)) {
            socket.finished();
        } else {
            frame.chars().filter(letter -> letter == '\n').forEach(line -> socket.arrived());
        }
    }
}
