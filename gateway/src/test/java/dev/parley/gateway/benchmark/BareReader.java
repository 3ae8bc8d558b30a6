package dev.parley.gateway.benchmark;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** Asks the model without a gateway, by a plain WebClient. */
final class BareReader implements AnswerStreamBenchmark.Reader {

    private final WebClient client;

    BareReader(int port) {
        client = WebClient.builder()
                .baseUrl("http://127.0.0.1:" + port)
                .clientConnector(new ReactorClientHttpConnector(HttpClient.create(ConnectionProvider.newConnection())))
                .build();
    }

    @Override
    public Mono<Void> read(int streams, int words, AnswerStreamBenchmark.Seen seen) {
        return AnswerStreamBenchmark.arrivals(streams).flatMap(i -> read(words, seen), streams).then();
    }

    private Mono<Void> read(int words, AnswerStreamBenchmark.Seen seen) {
        return Mono.defer(() -> {
            Arrivals arrivals = new Arrivals(seen);
            return client.post().uri("/api/chat").contentType(MediaType.APPLICATION_JSON)
                    .bodyValue(AnswerStreamBenchmark.question(words))
                    .retrieve()
                    .bodyToFlux(DataBuffer.class)
                    .doOnNext(buffer -> {
                        for (int i = 0; i < buffer.readableByteCount(); i++) {
                            if (buffer.getByte(i) == '\n') {
                                arrivals.arrived();
                            }
                        }
                        DataBufferUtils.release(buffer);
                    })
                    .then();
        });
    }
}
