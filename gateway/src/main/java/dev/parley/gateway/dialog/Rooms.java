package dev.parley.gateway.dialog;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The rooms of this node: one for each dialog that somebody follows or that has an answer in flight, made on first use. A
 * room that all have left is kept for a while, so that many who lost their connection at once, and come back at once, are
 * served from what it remembers. What is published to a dialog without a room is heard by nobody on this node, and needs not
 * be: whoever comes later reads the log.
 *
 * <p>A room follows its dialog on the {@link EventBus} as long as there is the room.
 */
@Component
public final class Rooms implements InitializingBean, DisposableBean {

    private static final Duration SWEEP = Duration.ofSeconds(5);

    private final ConcurrentHashMap<Long, DialogRoom> rooms = new ConcurrentHashMap<>();
    /** The rooms without a holder, the one that was left first at the front. Guarded by itself. */
    private final Map<Long, DialogRoom> idle = new LinkedHashMap<>();
    private final AtomicInteger followers = new AtomicInteger();
    private final RecentSettings settings;
    private final Inbox inbox;
    private final EventBus bus;
    private final Scheduler clock;
    private final Disposable.Composite opening = Disposables.composite();
    private volatile BiConsumer<Long, Collection<String>> missedEnds = (dialogId, requestIds) -> {};
    private Disposable sweep = Disposables.disposed();

    @Autowired
    Rooms(RecentSettings settings, Inbox inbox, ObjectProvider<EventBus> bus, MeterRegistry meters) {
        this(settings, inbox, bus.getIfAvailable(() -> EventBus.NONE), meters, Schedulers.parallel());
    }

    Rooms(RecentSettings settings, Inbox inbox, EventBus bus, MeterRegistry meters, Scheduler clock) {
        this.settings = settings;
        this.inbox = inbox;
        this.bus = bus;
        this.clock = clock;
        Gauge.builder("parley.rooms", this, Rooms::size)
                .description("Dialogs that somebody on this node follows")
                .register(meters);
        Gauge.builder("parley.rooms.idle", this, Rooms::idle)
                .description("Dialogs that are remembered although nobody on this node follows them")
                .register(meters);
        Gauge.builder("parley.followers", followers, AtomicInteger::get)
                .description("Followers of dialogs on this node")
                .register(meters);
    }

    /**
     * Tells the dialog's followers on this node, in this order and with nothing in between, and the other nodes; and those
     * who watch over all dialogs, where there is a new message. Callable from any thread.
     */
    public void publish(long dialogId, List<? extends DialogEvent> events) {
        if (areOfLog(events)) {
            inbox.changed(dialogId);
        }
        DialogRoom room = rooms.get(dialogId);
        if (room == null) {
            bus.publish(dialogId, events);
        } else {
            room.publish(events, () -> bus.publish(dialogId, events));
        }
    }

    /** Tells the dialog's followers on this node alone of its people. */
    public void tellHere(long dialogId, List<? extends DialogEvent.OfPerson> news) {
        receive(dialogId, news);
    }

    /** Tells the other nodes how it stands with the dialog's people on this one. See {@link PeopleOfNodes}. */
    public void tellNodes(long dialogId, List<? extends DialogEvent.OfPerson> own) {
        bus.publish(dialogId, own);
    }

    /** Whether there are no other nodes. */
    public boolean areAlone() {
        return bus == EventBus.NONE;
    }

    /** Hears what other nodes tell of the dialog, until disposed of. */
    public Disposable listen(long dialogId) {
        return areAlone() ? Disposables.disposed() : hold(dialogId);
    }

    /** Completes when everything is heard that other nodes tell of a dialog that is listened to; soon in any case. */
    public Mono<Void> opened(long dialogId) {
        return Mono.defer(() -> {
            DialogRoom room = areAlone() ? null : rooms.get(dialogId);
            return room == null ? Mono.empty() : Mono.create(waiting -> room.whenOpen(waiting::success));
        });
    }

    /** Tells the dialog's followers on this node what another node has told, or what was found in the log. */
    void receive(long dialogId, List<? extends DialogEvent> events) {
        if (areOfLog(events)) {
            inbox.changedAnywhere(dialogId);
        }
        DialogRoom room = rooms.get(dialogId);
        if (room != null) {
            room.receive(events);
        }
    }

    private static boolean areOfLog(List<? extends DialogEvent> events) {
        return events.stream().anyMatch(DialogEvent.Logged.class::isInstance);
    }

    /** The answers of a dialog that run on another node. */
    void catchUp(long dialogId, List<DialogEvent.OfAnswer> inFlight) {
        DialogRoom room = rooms.get(dialogId);
        if (room != null) {
            room.catchUp(inFlight);
        }
    }

    /** What another node has to know of the answers that run here. */
    void tellOwnAnswers(long dialogId, Consumer<List<DialogEvent.OfAnswer>> listener) {
        DialogRoom room = rooms.get(dialogId);
        if (room == null) {
            listener.accept(List.of());
        } else {
            room.tellOwnAnswers(listener);
        }
    }

    /** All dialogs that have a room, each with the newest seq that this node has heard of (0: none). */
    Map<Long, Long> newestHeard() {
        Map<Long, Long> all = new HashMap<>();
        rooms.forEach((dialogId, room) -> all.put(dialogId, room.newest()));
        return all;
    }

    /** As {@link #newestHeard()}, of those of these dialogs that have a room. */
    Map<Long, Long> newestHeard(Collection<Long> dialogIds) {
        Map<Long, Long> some = new HashMap<>();
        for (long dialogId : dialogIds) {
            DialogRoom room = rooms.get(dialogId);
            if (room != null) {
                some.put(dialogId, room.newest());
            }
        }
        return some;
    }

    /** Looks up whether answers that run on other nodes, as far as is known here, have ended. Returns at once. */
    void findEndsOfOthers() {
        rooms.values().forEach(DialogRoom::findEndsOfOthers);
    }

    /** As {@link #findEndsOfOthers()}, of these dialogs. */
    void findEndsOfOthers(Collection<Long> dialogIds) {
        for (long dialogId : dialogIds) {
            DialogRoom room = rooms.get(dialogId);
            if (room != null) {
                room.findEndsOfOthers();
            }
        }
    }

    /** Tells of the ends of these answers, of which only the messages were found. Returns at once. */
    void findEnds(long dialogId, Collection<String> requestIds) {
        if (!requestIds.isEmpty()) {
            missedEnds.accept(dialogId, requestIds);
        }
    }

    /** {@link #publish(long, List)} of one event. */
    public void publish(DialogEvent event) {
        publish(event.dialogId(), List.of(event));
    }

    /** What is remembered of the dialog, after all that was published before. */
    public Mono<Recollection> recall(long dialogId) {
        return Mono.defer(() -> {
            DialogRoom room = rooms.get(dialogId);
            return room == null ? Mono.just(Recollection.NONE) : Mono.create(asker -> room.recall(asker::success));
        });
    }

    /** @param listener is told of answers that may have ended without that being heard of; it may not wait */
    void whenEndsAreMissed(BiConsumer<Long, Collection<String>> listener) {
        missedEnds = listener;
    }

    /** Keeps the dialog's room, and so the memory of its answers in flight, until disposed of. */
    public Disposable hold(long dialogId) {
        acquire(dialogId);
        AtomicBoolean released = new AtomicBoolean();
        return () -> {
            if (released.compareAndSet(false, true)) {
                release(dialogId);
            }
        };
    }

    /** The dialog's room, for a follower, who has to {@link #leave} it. */
    DialogRoom enter(long dialogId) {
        followers.incrementAndGet();
        return acquire(dialogId);
    }

    void leave(long dialogId) {
        followers.decrementAndGet();
        release(dialogId);
    }

    /** The newest seq that this node has heard of in the dialog, 0 where it has heard of none; the log may be longer. */
    public long newestHeard(long dialogId) {
        DialogRoom room = rooms.get(dialogId);
        return room == null ? 0 : room.newest();
    }

    /** How many dialogs have a room that somebody is in now. */
    public int size() {
        return rooms.size() - idle();
    }

    private int idle() {
        synchronized (idle) {
            return idle.size();
        }
    }

    private DialogRoom acquire(long dialogId) {
        return rooms.compute(dialogId, (id, known) -> {
            DialogRoom room = known == null ? make(id) : known;
            if (room.holders++ == 0 && known != null) {
                synchronized (idle) {
                    idle.remove(id);
                }
            }
            return room;
        });
    }

    private DialogRoom make(long dialogId) {
        DialogRoom room = new DialogRoom(settings.size(), new OnBus(dialogId));
        Disposable.Swap opened = Disposables.swap();
        opening.add(opened);
        opened.update(bus.follow(dialogId).doFinally(end -> opening.remove(opened)).subscribe(room::open));
        return room;
    }

    private final class OnBus implements DialogRoom.Neighbours {

        private final long dialogId;

        OnBus(long dialogId) {
            this.dialogId = dialogId;
        }

        @Override
        public void ask() {
            bus.ask(dialogId);
        }

        @Override
        public void remember(List<Message> newest) {
            bus.remember(dialogId, newest);
        }

        @Override
        public void findEnds(Collection<String> requestIds) {
            missedEnds.accept(dialogId, requestIds);
        }
    }

    private void release(long dialogId) {
        rooms.computeIfPresent(dialogId, (id, room) -> {
            if (--room.holders == 0) {
                room.emptySince = now();
                synchronized (idle) {
                    idle.put(id, room);
                }
            }
            return room;
        });
        forget();
    }

    /** Lets go of rooms that have been empty for too long, or are too many. */
    void forget() {
        for (Long tooOld = nextToForget(); tooOld != null; tooOld = nextToForget()) {
            // Somebody may have come in between, and gone again.
            rooms.computeIfPresent(tooOld, (id, room) -> {
                if (room.holders > 0 || isIdle(id)) {
                    return room;
                }
                bus.unfollow(id);
                return null;
            });
        }
    }

    private @Nullable Long nextToForget() {
        synchronized (idle) {
            if (idle.isEmpty()) {
                return null;
            }
            Map.Entry<Long, DialogRoom> first = idle.entrySet().iterator().next();
            if (idle.size() <= settings.maxIdleDialogs()
                    && now() - first.getValue().emptySince < settings.linger().toMillis()) {
                return null;
            }
            idle.remove(first.getKey());
            return first.getKey();
        }
    }

    private boolean isIdle(long dialogId) {
        synchronized (idle) {
            return idle.containsKey(dialogId);
        }
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }

    @Override
    public void afterPropertiesSet() {
        sweep = Flux.interval(SWEEP, clock).onBackpressureDrop().subscribe(tick -> forget());
    }

    @Override
    public void destroy() {
        sweep.dispose();
        opening.dispose();
    }
}
