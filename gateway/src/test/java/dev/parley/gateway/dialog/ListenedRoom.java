package dev.parley.gateway.dialog;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.Disposable;

/** Rooms by themselves, for tests of other packages, and somebody who hears all that is said in one of them. */
public final class ListenedRoom implements AutoCloseable {

    private final Rooms rooms = new Rooms(new RecentSettings(0), new SimpleMeterRegistry());
    private final List<DialogEvent> heard = new CopyOnWriteArrayList<>();
    private final Disposable listening;

    public ListenedRoom(long dialogId) {
        listening = rooms.join(dialogId).ofType(DialogEvent.class).subscribe(heard::add);
    }

    public Rooms rooms() {
        return rooms;
    }

    /** Everything since the last call. */
    public List<DialogEvent> heard() {
        List<DialogEvent> all = List.copyOf(heard);
        heard.clear();
        return all;
    }

    @Override
    public void close() {
        listening.dispose();
    }
}
