package dev.parley.gateway.dialog;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/**
 * The rooms of this node: one for each dialog that somebody follows or that has an answer in flight, made on first use and
 * gone with its last holder. What is published to a dialog without a room is heard by nobody, and needs not be: whoever
 * comes later reads the log.
 */
@Component
public final class Rooms {

    private final ConcurrentHashMap<Long, DialogRoom> rooms = new ConcurrentHashMap<>();
    private final AtomicInteger followers = new AtomicInteger();
    private final int recentSize;

    Rooms(RecentSettings settings, MeterRegistry meters) {
        this.recentSize = settings.size();
        Gauge.builder("parley.rooms", rooms, ConcurrentHashMap::size)
                .description("Dialogs that somebody on this node follows")
                .register(meters);
        Gauge.builder("parley.followers", followers, AtomicInteger::get)
                .description("Followers of dialogs on this node")
                .register(meters);
    }

    /** Tells the dialog's followers on this node, in this order and with nothing in between. Callable from any thread. */
    public void publish(long dialogId, List<? extends DialogEvent> events) {
        DialogRoom room = rooms.get(dialogId);
        if (room != null) {
            room.publish(events);
        }
    }

    /** {@link #publish(long, List)} of one event. */
    public void publish(DialogEvent event) {
        publish(event.dialogId(), List.of(event));
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

    /** A snapshot, then every event, without backpressure. See {@link DialogFeed} for what carriers want. */
    Flux<RoomSignal> join(long dialogId) {
        return Flux.using(() -> {
            followers.incrementAndGet();
            return acquire(dialogId);
        }, DialogRoom::join, room -> {
            followers.decrementAndGet();
            release(dialogId);
        });
    }

    /** How many dialogs have a room now. */
    public int size() {
        return rooms.size();
    }

    private DialogRoom acquire(long dialogId) {
        return rooms.compute(dialogId, (id, known) -> {
            DialogRoom room = known == null ? new DialogRoom(recentSize) : known;
            room.holders++;
            return room;
        });
    }

    private void release(long dialogId) {
        rooms.compute(dialogId, (id, room) -> leave(room));
    }

    private static @Nullable DialogRoom leave(@Nullable DialogRoom room) {
        return room == null || --room.holders == 0 ? null : room;
    }
}
