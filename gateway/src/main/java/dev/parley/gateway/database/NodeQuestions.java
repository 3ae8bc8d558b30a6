package dev.parley.gateway.database;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Questions to all other nodes that live: a port, since one node has nobody to ask. */
public interface NodeQuestions {

    /** Of a gateway that is one node. */
    NodeQuestions ALONE = new NodeQuestions() {
        @Override
        public void serve(String what, Supplier<?> answer) {}

        @Override
        public <T> Mono<Map<Long, Optional<T>>> ask(String what, Class<T> answer) {
            return Mono.just(Map.of());
        }
    };

    /** Answers this question of other nodes from now on. The answer is made at once, and has to go into JSON. */
    void serve(String what, Supplier<?> answer);

    /** What each other node that lives answers; nothing where it does not within two seconds. Fails with the database alone. */
    <T> Mono<Map<Long, Optional<T>>> ask(String what, Class<T> answer);
}
