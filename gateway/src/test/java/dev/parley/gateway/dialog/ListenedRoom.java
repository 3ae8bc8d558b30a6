package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogRoom.Snapshot;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.ConnectionFactories;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.reactivestreams.Subscription;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

/** Rooms by themselves, for tests of other packages, and somebody who hears all that is said in one of them. */
public final class ListenedRoom implements AutoCloseable {

    private final Rooms rooms;
    private final Listener listener = new Listener();

    public ListenedRoom(long dialogId) {
        this(dialogId, EventBus.NONE);
    }

    /** @param bus to the rooms of other nodes */
    public ListenedRoom(long dialogId, EventBus bus) {
        // Nobody watches the inbox, so it never asks.
        DatabaseClient nowhere = DatabaseClient
                .create(ConnectionFactories.get("r2dbc:postgresql://nobody:none@localhost/none"));
        rooms = new Rooms(new RecentSettings(1, Duration.ofMinutes(1), 1),
                new Inbox(new Dialogs(nowhere), OtherInboxes.NONE, Schedulers.parallel()),
                bus, new SimpleMeterRegistry(), Schedulers.parallel());
        rooms.enter(dialogId).join(0, Map.of(), listener);
    }

    public Rooms rooms() {
        return rooms;
    }

    /** Everything since the last call. */
    public List<DialogEvent> heard() {
        List<DialogEvent> all = List.copyOf(listener.heard);
        listener.heard.clear();
        return all;
    }

    @Override
    public void close() {
        listener.dispose();
    }

    private static final class Listener extends BaseSubscriber<SharedEvent> implements DialogRoom.Guest {

        private final List<DialogEvent> heard = new CopyOnWriteArrayList<>();

        @Override
        public void onJoined(Snapshot snapshot) {
            // What stands is no news.
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        protected void hookOnNext(SharedEvent event) {
            heard.add(event.event());
        }
    }
}
