package dev.parley.gateway.dialog;

import dev.parley.gateway.database.Detached;
import dev.parley.gateway.database.OtherNodes;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Finds messages that the bus has lost: compares what the rooms of this node have heard of with the log, and tells them the
 * rest; and how answers have ended of which only the beginning was heard. Every half minute, since a message that is lost and
 * followed by none shows no hole, and an end has no number; messages every two seconds while this node
 * or another is not on the bus, or has just died, which is then how followers here hear of what was said there; and at once
 * where something is known to be lost. It reads one number for each dialog, of 500 dialogs at a time, and the messages of those
 * dialogs only where there are some. Does nothing in a gateway that is one node.
 */
@Component
final class MissedMessages implements EventBus.Listener, InitializingBean, DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(MissedMessages.class);

    private static final Duration TICK = Duration.ofMillis(200);
    private static final Duration ON_ITS_WAY = Duration.ofMillis(100);
    private static final int TICKS_WHILE_WHOLE = 150;
    private static final int TICKS_WHILE_NOT = 10;
    /** Where many nodes come back at once, each of them has the others look. */
    private static final int TICKS_BETWEEN = 5;
    private static final int DIALOGS_AT_ONCE = 500;
    private static final int READS_AT_ONCE = 4;
    private static final long NO_NODE = 0;

    private static final String NEWEST = "select id, last_seq from dialogs where id = any($1)";

    private final DatabaseClient database;
    private final History history;
    private final Rooms rooms;
    private final EventBus bus;
    private final OtherNodes others;
    private final PeopleOfNodes people;
    private final ObjectProvider<AnswerDesk> desk;
    private final RecentSettings settings;
    private final Scheduler clock;
    private final Counter found;
    private final Set<Long> suspected = ConcurrentHashMap.newKeySet();
    private volatile boolean allSuspected;
    private long ticks;
    private long lookedAtAll = -TICKS_BETWEEN;
    private long lookedForEnds;
    private boolean toldThatItHears = true;
    private Disposable looking = Disposables.disposed();

    @Autowired
    MissedMessages(DatabaseClient database, History history, Rooms rooms, ObjectProvider<EventBus> bus,
            OtherNodes others, PeopleOfNodes people, ObjectProvider<AnswerDesk> desk, RecentSettings settings,
            MeterRegistry meters) {
        this(database, history, rooms, bus.getIfAvailable(() -> EventBus.NONE), others, people, desk, settings,
                meters, Schedulers.parallel());
    }

    MissedMessages(DatabaseClient database, History history, Rooms rooms, EventBus bus, OtherNodes others,
            PeopleOfNodes people, ObjectProvider<AnswerDesk> desk, RecentSettings settings, MeterRegistry meters,
            Scheduler clock) {
        this.database = database;
        this.history = history;
        this.rooms = rooms;
        this.bus = bus;
        this.others = others;
        this.people = people;
        this.desk = desk;
        this.settings = settings;
        this.clock = clock;
        this.found = Counter.builder("parley.bus.missed")
                .description("Messages of other nodes that were found in the log because the bus had not told them")
                .register(meters);
    }

    @Override
    public void afterPropertiesSet() {
        if (bus == EventBus.NONE) {
            return;
        }
        bus.listen(this);
        looking = Flux.interval(TICK, clock)
                .onBackpressureDrop()
                .concatMap(tick -> look().onErrorResume(error -> {
                    log.debug("The log could not be looked at", error);
                    return Mono.empty();
                }), 1)
                .subscribe();
    }

    @Override
    public void destroy() {
        looking.dispose();
    }

    @Override
    public void told(long node, long dialogId, List<DialogEvent> events) {
        List<DialogEvent> news = events.stream().filter(event -> !(event instanceof DialogEvent.OfPerson)).toList();
        if (!news.isEmpty()) {
            rooms.receive(dialogId, news);
        }
        people.heard(node, dialogId, events); // what followers are told of people is not for one node to say
        for (DialogEvent event : events) {
            if (event instanceof Logged(Message message) && message.kind().endsTurn()) {
                desk.getObject().turnEnded(dialogId, message.turn());
            }
        }
    }

    @Override
    public void asked(long dialogId, Consumer<List<OfAnswer>> answer) {
        people.tellNodes(dialogId); // before the answer: who waits for that knows of the people then, too
        rooms.tellOwnAnswers(dialogId, answer);
    }

    @Override
    public void answered(long dialogId, List<OfAnswer> inFlight) {
        rooms.catchUp(dialogId, inFlight);
    }

    @Override
    public void lost(long dialogId) {
        suspected.add(dialogId);
    }

    @Override
    public void lostAll() {
        allSuspected = true;
    }

    private Mono<Void> look() {
        ticks++;
        boolean isDue = ticks - lookedForEnds >= TICKS_WHILE_WHOLE;
        if (isDue || (allSuspected && ticks - lookedAtAll >= TICKS_BETWEEN)) {
            lookedForEnds = ticks;
            return lookAtAll().doOnSuccess(done -> rooms.findEndsOfOthers());
        }
        Mono<Void> few = suspected.isEmpty() ? Mono.empty() : lookAtSuspected();
        return ticks % TICKS_WHILE_NOT == 0
                ? few.then(tellWhetherItHears()).then(everybodyHears()).flatMap(all -> all ? Mono.empty() : lookAtAll())
                : few;
    }

    private Mono<Boolean> everybodyHears() {
        return bus.isWhole() ? others.allHear() : Mono.just(false);
    }

    private Mono<Void> tellWhetherItHears() {
        boolean hears = bus.isWhole();
        return hears == toldThatItHears
                ? Mono.empty()
                : others.tell(hears).doOnNext(told -> {
                    if (told > 0) {
                        toldThatItHears = hears;
                    }
                }).then();
    }

    private Mono<Void> lookAtAll() {
        lookedAtAll = ticks;
        allSuspected = false;
        return compare(rooms.newestHeard()).doOnError(error -> allSuspected = true);
    }

    private Mono<Void> lookAtSuspected() {
        List<Long> looked = List.copyOf(suspected);
        looked.forEach(suspected::remove); // what is suspected from now on is looked at the next time
        return compare(rooms.newestHeard(looked)).doOnSuccess(done -> rooms.findEndsOfOthers(looked))
                .doOnError(error -> suspected.addAll(looked));
    }

    private Mono<Void> compare(Map<Long, Long> heard) {
        return Flux.fromIterable(new ArrayList<>(heard.keySet()))
                .buffer(DIALOGS_AT_ONCE)
                .concatMap(this::newest)
                .filter(dialog -> dialog.newest() > heard.getOrDefault(dialog.id(), 0L))
                .collectList()
                .flatMap(behind -> behind.isEmpty() ? Mono.empty() : tellIfStillBehind(behind));
    }

    /** What was said just now may be in the log before the bus has told it. */
    private Mono<Void> tellIfStillBehind(List<Newest> behind) {
        return Flux.fromIterable(behind)
                .delaySubscription(ON_ITS_WAY, clock)
                .filter(dialog -> dialog.newest() > rooms.newestHeard(dialog.id()))
                .flatMap(dialog -> tell(dialog, rooms.newestHeard(dialog.id())), READS_AT_ONCE)
                .then();
    }

    private record Newest(long id, long newest) {}

    private Flux<Newest> newest(List<Long> ids) {
        return database.sql(NEWEST)
                .bind("$1", ids.toArray(Long[]::new))
                .map(row -> new Newest(History.require(row, "id", Long.class),
                        History.require(row, "last_seq", Long.class)))
                .all()
                .collectList()
                .as(Detached::run)
                .flatMapMany(Flux::fromIterable);
    }

    /** The newest message shows a hole to whoever has one, so where much was missed not all of it needs to be told here. */
    private Mono<Void> tell(Newest dialog, long heard) {
        long since = heard == 0 ? dialog.newest() - 1 : Math.max(heard, dialog.newest() - Math.max(1, settings.size()));
        return history.after(dialog.id(), since, Math.max(1, settings.size()))
                .doOnNext(page -> {
                    found.increment(page.messages().size());
                    told(NO_NODE, dialog.id(), page.messages().stream().<DialogEvent>map(Logged::new).toList());
                    rooms.findEnds(dialog.id(),
                            page.messages().stream().filter(message -> message.sender() == Sender.ASSISTANT)
                                    .map(Message::requestId).filter(Objects::nonNull).toList());
                })
                .then();
    }
}
