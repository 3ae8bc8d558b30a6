package dev.parley.gateway.cluster;

import dev.parley.gateway.database.NodeQuestions;
import dev.parley.gateway.database.OtherNodes;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks all nodes that the database knows to live, at the same time. */
@ManyNodes
@Component
final class QuestionsOverRedis implements NodeQuestions {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final NodeCalls calls;
    private final OtherNodes others;

    QuestionsOverRedis(NodeCalls calls, OtherNodes others) {
        this.calls = calls;
        this.others = others;
    }

    private record Nothing() {}

    @Override
    public void serve(String what, Supplier<?> answer) {
        calls.serve(what, Nothing.class, question -> Mono.fromSupplier(answer));
    }

    @Override
    public <T> Mono<Map<Long, Optional<T>>> ask(String what, Class<T> answer) {
        return others.alive()
                .flatMapMany(Flux::fromIterable)
                .flatMap(node -> calls.ask(node, what, new Nothing(), answer, PATIENCE)
                        .map(Optional::of)
                        .onErrorReturn(Optional.empty())
                        .map(said -> Map.entry(node, said)), Integer.MAX_VALUE)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }
}
