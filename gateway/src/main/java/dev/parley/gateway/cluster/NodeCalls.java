package dev.parley.gateway.cluster;

import dev.parley.gateway.database.ThisNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Questions of one node to another, over a channel of each, and their answers, and news for all of them: for what is rare and has to be
 * known, such as what an answer on another node has said when a human takes over. Whoever asks has to know what to do where no
 * answer comes.
 */
@ManyNodes
@Component
final class NodeCalls implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(NodeCalls.class);

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final RedisCommands redis;
    private final RedisNames names;
    private final long node;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, Sinks.One<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final Map<String, Function<JsonNode, Mono<?>>> services = new ConcurrentHashMap<>();
    private final List<Runnable> whenLost = new CopyOnWriteArrayList<>();
    private final Disposable.Composite working = Disposables.composite();

    NodeCalls(RedisCommands redis, RedisNames names, ThisNode node) {
        this.redis = redis;
        this.names = names;
        this.node = node.id();
    }

    /** @param what is asked; absent: this is the answer to the question of that number */
    private record Letter(long from, long number, @Nullable String what, @Nullable JsonNode content) {}

    /** On which this node is asked, and told what everybody is told. */
    List<String> channels() {
        return List.of(names.node(node), names.nodes());
    }

    /** Answers questions of this kind from now on; where it fails, nobody gets an answer. */
    <T> void serve(String what, Class<T> question, Function<T, Mono<?>> service) {
        services.put(what, content -> service.apply(JSON.treeToValue(content, question)));
    }

    /** Asks another node. Fails where no answer comes in this time. */
    <T> Mono<T> ask(long other, String what, Object question, Class<T> answer, Duration patience) {
        return Mono.defer(() -> {
            long number = numbers.incrementAndGet();
            Sinks.One<JsonNode> sink = Sinks.one();
            waiting.put(number, sink);
            return send(other, new Letter(node, number, what, JSON.valueToTree(question)))
                    .then(sink.asMono())
                    .timeout(patience)
                    .doFinally(end -> waiting.remove(number));
        }).map(content -> JSON.treeToValue(content, answer));
    }

    /** Tells another node, whether or not it hears it. */
    Mono<Void> tell(long other, String what, Object news) {
        return send(other, new Letter(node, numbers.incrementAndGet(), what, JSON.valueToTree(news)));
    }

    /** Tells all other nodes. Fails where it was not told, and is heard by those that hear anything at all. */
    Mono<Void> tellAll(String what, Object news) {
        return send(names.nodes(), new Letter(node, numbers.incrementAndGet(), what, JSON.valueToTree(news)));
    }

    /** To be run each time when this node may not have heard what others have told. It may not wait. */
    void whenLost(Runnable listener) {
        whenLost.add(listener);
    }

    /** Something that was told may not have been heard here. */
    void lost() {
        whenLost.forEach(Runnable::run);
    }

    private Mono<Void> send(long to, Letter letter) {
        return send(names.node(to), letter);
    }

    private Mono<Void> send(String channel, Letter letter) {
        byte[] bytes = JSON.writeValueAsBytes(letter);
        return redis.send(commands -> commands.publish(channel, bytes)).then();
    }

    /** Something has come on one of this node's channels. */
    void receive(byte[] bytes) {
        Letter letter;
        try {
            letter = JSON.readValue(bytes, Letter.class);
        } catch (JacksonException unreadable) {
            log.warn("A node of another version has asked something that this one does not understand");
            return;
        }
        if (letter.from() == node) {
            return; // it is one of everybody
        }
        JsonNode content = letter.content() == null ? JSON.nullNode() : letter.content();
        if (letter.what() == null) {
            Sinks.One<JsonNode> sink = waiting.get(letter.number());
            if (sink != null) {
                sink.tryEmitValue(content); // the second of two answers fails to emit, and needs not
            }
        } else {
            answer(letter, letter.what(), content);
        }
    }

    private void answer(Letter letter, String what, JsonNode content) {
        Function<JsonNode, Mono<?>> service = services.get(what);
        if (service == null) {
            return; // of a node that can do more
        }
        Disposable.Swap work = Disposables.swap();
        working.add(work);
        work.update(Mono.defer(() -> service.apply(content))
                .flatMap(result -> send(letter.from(),
                        new Letter(node, letter.number(), null, JSON.valueToTree(result))))
                .doFinally(end -> working.remove(work))
                .subscribe(done -> {}, error -> log.debug("Another node gets no answer to {}", what, error)));
    }

    @Override
    public void destroy() {
        working.dispose();
    }
}
