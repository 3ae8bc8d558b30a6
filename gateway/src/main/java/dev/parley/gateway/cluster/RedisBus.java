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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
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

    private final RedisCommands redis;
    private final RedisNames names;
    private final RecentInRedis recent;
    private final NodeCalls calls;
    private final BusCodec codec;
    private final long node;
    private final boolean countsReceivers;
    private final BusChannels channels = new BusChannels();
    private final BusWorkers workers;
    private final BusConnection connection;
    private final Map<Long, Asking> asking = new ConcurrentHashMap<>();
    private final Hearers hearers = new Hearers();
    /** Dialogs whose rooms had to open before they were heard. */
    private final Disposable.Composite lateOnes = Disposables.composite();
    private final Untold untold = new Untold(this::tellThatItHears);
    private final Counter lost;
    private final Counter unreadable;
    private volatile @Nullable Listener listener;

    RedisBus(RedisLink link, RedisCommands redis, RedisNames names, RecentInRedis recent, NodeCalls calls,
            ThisNode node,
            MeterRegistry meters) {
        this.redis = redis;
        this.names = names;
        this.recent = recent;
        this.calls = calls;
        this.node = node.id();
        this.codec = new BusCodec(node.id());
        this.countsReceivers = !link.isCluster();
        this.lost = counter(meters, "unsent");
        this.unreadable = counter(meters, "unreadable");
        this.workers = new BusWorkers(Runtime.getRuntime().availableProcessors(), counter(meters, "overflow"));
        this.connection = new BusConnection(link, redis, channels, names.probe(node.id()), this::receive,
                this::isWholeAgain, untold::canTell, Schedulers.parallel());
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
        List<String> always = new ArrayList<>(calls.channels());
        always.add(names.hearing());
        connection.start(always);
    }

    @Override
    public void destroy() {
        lateOnes.dispose();
        connection.dispose();
        channels.dispose();
        workers.dispose();
    }

    @Override
    public boolean isWhole() {
        return connection.isWhole();
    }

    /**
     * Who has replied tells everything from then on, and has told Redis what there was before: so that is read afterwards. All
     * of it comes to pass also where it takes too long to be waited for, since else others would not know that this node hears;
     * what was said meanwhile is looked for in the log. And so is what Redis was not told while it could not be reached: it may have
     * older messages than there are.
     */
    @Override
    public Mono<List<Message>> follow(long dialogId) {
        hearers.follow(dialogId);
        Mono<Void> heard = channels.want(names.dialog(dialogId));
        if (!isWhole()) {
            return Mono.just(List.of()); // when it is, all others are told so
        }
        return heard.then(Mono.fromRunnable(() -> hearers.hear(dialogId)))
                .then(askAndWait(dialogId))
                .then(Mono.defer(() -> recent.read(dialogId)))
                .filter(remembered -> !remembered.isEmpty())
                .doOnNext(remembered -> suspect(dialogId))
                .defaultIfEmpty(List.of())
                .onErrorReturn(List.of())
                .cache()
                .timeout(PATIENCE)
                .onErrorResume(TimeoutException.class, late -> {
                    suspectWhenHeard(dialogId, heard);
                    return Mono.just(List.of());
                });
    }

    private void suspectWhenHeard(long dialogId, Mono<Void> heard) {
        Disposable.Swap owner = Disposables.swap();
        lateOnes.add(owner);
        owner.update(heard.doFinally(end -> lateOnes.remove(owner)).subscribe(nothing -> {}, error -> {},
                () -> suspect(dialogId)));
    }

    private void suspect(long dialogId) {
        Listener mine = listener;
        if (mine != null) {
            mine.lost(dialogId);
        }
    }

    @Override
    public void unfollow(long dialogId) {
        hearers.unfollow(dialogId);
        channels.unwant(names.dialog(dialogId));
        if (isWhole()) {
            recent.letGo(dialogId);
        }
    }

    @Override
    public void publish(long dialogId, List<? extends DialogEvent> events) {
        List<Message> messages = events.stream()
                .filter(DialogEvent.Logged.class::isInstance)
                .map(event -> ((DialogEvent.Logged) event).message())
                .toList();
        boolean isAlone = hearers.isAlone(dialogId) && isWhole();
        if (!messages.isEmpty()) {
            long questions = questions(dialogId);
            countIfLost((isAlone
                    ? recent.add(dialogId, messages)
                    : recent.addAndPublish(dialogId, messages, names.dialog(dialogId), codec.news(events)))
                    .thenAccept(receivers -> heardBy(dialogId, questions, receivers)));
        } else if (!isAlone) {
            countIfLost(publish(dialogId, codec.news(events)));
        }
    }

    private long questions(long dialogId) {
        return isWhole() ? hearers.questions(dialogId) : -1;
    }

    private CompletionStage<Long> publish(long dialogId, byte[] content) {
        long questions = questions(dialogId);
        return redis.start(commands -> commands.publish(names.dialog(dialogId), content)).thenApply(receivers -> {
            heardBy(dialogId, questions, receivers);
            return receivers;
        });
    }

    private void heardBy(long dialogId, long questionsBefore, long receivers) {
        if (countsReceivers) {
            hearers.heardBy(dialogId, questionsBefore, receivers);
        }
    }

    @Override
    public void remember(long dialogId, List<Message> newest) {
        countIfLost(recent.add(dialogId, newest));
    }

    @Override
    public void ask(long dialogId) {
        countIfLost(publish(dialogId, codec.question()));
    }

    private void countIfLost(CompletionStage<?> sent) {
        sent.whenComplete((done, error) -> {
            if (error != null) {
                lost.increment();
                untold.failed();
            } else {
                untold.canTell();
            }
        });
    }

    /** Whoever hears it looks in the log, and takes it that this node hears. */
    private void tellThatItHears() {
        countIfLost(redis.start(commands -> commands.publish(names.hearing(), codec.question())));
    }

    /** As many replies have to come as other nodes have heard the question. A cluster's server does not know how many. */
    private Mono<Void> askAndWait(long dialogId) {
        return Mono.defer(() -> {
            Asking question = new Asking();
            asking.put(dialogId, question);
            return Mono.fromCompletionStage(() -> {
                CompletionStage<Long> asked = publish(dialogId, codec.question());
                countIfLost(asked);
                return asked;
            })
                    .flatMap(receivers -> countsReceivers ? question.expect(receivers - 1) : Mono.empty())
                    .doFinally(end -> asking.remove(dialogId, question));
        });
    }

    private void isWholeAgain() {
        hearers.hearAll();
        untold.tellNow();
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
        if (channel.equals(names.hearing())) {
            hearers.forget();
            mine.lostAll();
            return;
        }
        long dialogId = names.dialogOf(channel);
        if (!workers.offer(dialogId, () -> hear(mine, dialogId, BusCodec.read(content)))) {
            hearers.met(dialogId);
            mine.lost(dialogId);
        }
    }

    private void hear(Listener mine, long dialogId, Envelope envelope) {
        hearers.met(dialogId); // first, so that whatever is not in a reply is told
        switch (envelope.message()) {
            case News(List<DialogEvent> events) -> mine.told(envelope.from(), dialogId, events);
            case Question() -> mine.asked(dialogId,
                    inFlight -> countIfLost(publish(dialogId, codec.reply(envelope.from(), inFlight))));
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
}
