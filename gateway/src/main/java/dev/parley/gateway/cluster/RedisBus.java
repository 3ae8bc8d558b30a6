package dev.parley.gateway.cluster;

import dev.parley.gateway.cluster.BusMessage.Envelope;
import dev.parley.gateway.cluster.BusMessage.News;
import dev.parley.gateway.cluster.BusMessage.Question;
import dev.parley.gateway.cluster.BusMessage.Reply;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.EventBus;
import dev.parley.gateway.dialog.Message;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The bus over Redis: a channel for each dialog, which a node hears as long as it has a room for the dialog. What goes wrong
 * is counted, and told to the listener as lost; nothing is waited for or sent twice.
 */
@ManyNodes
@Component
final class RedisBus implements EventBus, DisposableBean {

    /** A room opens after this time at the latest; what it does not know by then comes as news. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private static final String CHANNEL = "parley:dialog:";

    private final RedisCommands redis;
    private final RecentInRedis recent;
    private final NodeCalls calls;
    private final BusCodec codec;
    private final long node;
    private final boolean countsReceivers;
    private final BusChannels channels = new BusChannels();
    private final BusWorkers workers;
    private final BusConnection connection;
    private final Map<Long, Asking> asking = new ConcurrentHashMap<>();
    private final Counter lost;
    private final Counter unreadable;
    private volatile @Nullable Listener listener;

    RedisBus(RedisLink link, RedisCommands redis, RecentInRedis recent, NodeCalls calls, ThisNode node,
            MeterRegistry meters) {
        this.redis = redis;
        this.recent = recent;
        this.calls = calls;
        this.node = node.id();
        this.codec = new BusCodec(node.id());
        this.countsReceivers = !link.isCluster();
        this.lost = counter(meters, "unsent");
        this.unreadable = counter(meters, "unreadable");
        this.workers = new BusWorkers(Runtime.getRuntime().availableProcessors(), counter(meters, "overflow"));
        this.connection = new BusConnection(link, redis, channels, "parley:probe:" + node.id(), this::receive,
                this::isWholeAgain, Schedulers.parallel());
        Gauge.builder("parley.bus.whole", this, bus -> bus.isWhole() ? 1 : 0)
                .description("Whether this node hears what other nodes tell")
                .register(meters);
    }

    private static Counter counter(MeterRegistry meters, String why) {
        return Counter.builder("parley.bus.lost")
                .description("What other nodes tell, or are told, and was not carried; it is found in the log")
                .tag("why", why)
                .register(meters);
    }

    @Override
    public void listen(Listener of) {
        listener = of;
        connection.start(calls.channels());
    }

    @Override
    public void destroy() {
        connection.dispose();
        channels.dispose();
        workers.dispose();
    }

    @Override
    public boolean isWhole() {
        return connection.isWhole();
    }

    @Override
    public Mono<List<Message>> follow(long dialogId) {
        Mono<Void> heard = channels.want(channel(dialogId));
        return !isWhole()
                ? Mono.just(List.of())
                : heard.then(Mono.defer(() -> recent.read(dialogId)
                        .delayUntil(messages -> countsReceivers
                                ? askAndWait(dialogId)
                                : Mono.fromRunnable(() -> ask(dialogId)))))
                        .timeout(PATIENCE)
                        .onErrorReturn(List.of());
    }

    @Override
    public void unfollow(long dialogId) {
        channels.unwant(channel(dialogId));
        if (isWhole()) {
            recent.letGo(dialogId);
        }
    }

    @Override
    public void publish(long dialogId, List<? extends DialogEvent> events) {
        byte[] news = codec.news(events);
        boolean durable = events.stream().anyMatch(DialogEvent.Logged.class::isInstance);
        CompletionStage<Long> sent = durable
                ? recent.addAndPublish(dialogId, events, channel(dialogId), news)
                : redis.start(commands -> commands.publish(channel(dialogId), news));
        countIfLost(sent);
    }

    @Override
    public void remember(long dialogId, List<Message> newest) {
        countIfLost(recent.add(dialogId, newest));
    }

    @Override
    public void ask(long dialogId) {
        countIfLost(redis.start(commands -> commands.publish(channel(dialogId), codec.question())));
    }

    private void countIfLost(CompletionStage<?> sent) {
        sent.whenComplete((done, error) -> {
            if (error != null) {
                lost.increment();
            }
        });
    }

    /** As many replies have to come as other nodes have heard the question. */
    private Mono<Void> askAndWait(long dialogId) {
        return Mono.defer(() -> {
            Asking question = new Asking();
            asking.put(dialogId, question);
            return redis.send(commands -> commands.publish(channel(dialogId), codec.question()))
                    .flatMap(receivers -> question.expect(receivers - 1))
                    .doFinally(end -> asking.remove(dialogId, question));
        });
    }

    private void isWholeAgain() {
        calls.lost();
        Listener mine = listener;
        if (mine != null) {
            mine.lostAll();
        }
    }

    /** On the thread that reads the connection. */
    private void receive(String channel, byte[] content) {
        if (calls.channels().contains(channel)) {
            if (!workers.offer(node, () -> calls.receive(content))) {
                calls.lost();
            }
            return;
        }
        Listener mine = listener;
        if (mine == null || BusCodec.from(content) == node) {
            return;
        }
        long dialogId = Long.parseLong(channel, CHANNEL.length(), channel.length(), 10);
        if (!workers.offer(dialogId, () -> hear(mine, dialogId, BusCodec.read(content)))) {
            mine.lost(dialogId);
        }
    }

    private void hear(Listener mine, long dialogId, Envelope envelope) {
        switch (envelope.message()) {
            case News(List<DialogEvent> events) -> mine.told(envelope.from(), dialogId, events);
            case Question() -> mine.asked(dialogId, inFlight -> countIfLost(redis.start(
                    commands -> commands.publish(channel(dialogId), codec.reply(envelope.from(), inFlight)))));
            case Reply(long to, List<DialogEvent.OfAnswer> inFlight) -> {
                mine.answered(dialogId, inFlight);
                Asking question = asking.get(dialogId);
                if (to == node && question != null) {
                    question.replied();
                }
            }
            case null -> {
                unreadable.increment();
                mine.lost(dialogId);
            }
        }
    }

    private static String channel(long dialogId) {
        return CHANNEL + dialogId;
    }
}
