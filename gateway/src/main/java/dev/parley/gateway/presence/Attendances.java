package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Rooms;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The dialogs of this node whose people are in memory: those that somebody is in, and for a minute those that were asked for.
 *
 * <p>What happens is noted by an operation of the map that is atomic for its dialog, and short. One thread at a time then
 * compares what is so with what was told, and tells the difference: so news is in order, and what comes in crowds is told
 * merged. What comes to be otherwise by itself is found by one sweep, and not by timers for each.
 */
@Component
final class Attendances {

    private static final Logger log = LoggerFactory.getLogger(Attendances.class);

    private final ConcurrentHashMap<Long, Attendance> dialogs = new ConcurrentHashMap<>();
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();
    private final Set<Long> unwritten = ConcurrentHashMap.newKeySet();
    private final AtomicInteger calls = new AtomicInteger();
    private final Rooms rooms;
    private final PresenceSettings settings;
    private final Scheduler clock;

    @Autowired
    Attendances(Rooms rooms, PresenceSettings settings, MeterRegistry meters) {
        this(rooms, settings, meters, Schedulers.parallel());
    }

    Attendances(Rooms rooms, PresenceSettings settings, MeterRegistry meters, Scheduler clock) {
        this.rooms = rooms;
        this.settings = settings;
        this.clock = clock;
        Gauge.builder("parley.presence.dialogs", dialogs, ConcurrentHashMap::size)
                .description("Dialogs whose people are in memory")
                .register(meters);
    }

    Instant now() {
        return Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS));
    }

    int size() {
        return dialogs.size();
    }

    boolean has(long dialogId) {
        return dialogs.containsKey(dialogId);
    }

    /** Changes a dialog, alone and briefly, and tells of it soon. */
    <R> R update(long dialogId, Function<Attendance, R> what) {
        R result = change(dialogId, listening(dialogId, what));
        tellSoon(dialogId);
        return result;
    }

    /** As {@link #update}, and tells of it only where there is something to tell. */
    void updateIfNews(long dialogId, Predicate<Attendance> what) {
        if (change(dialogId, listening(dialogId, what::test))) {
            tellSoon(dialogId);
        }
    }

    /** As {@link #updateIfNews}, for what another node tells: that alone is no reason to go on listening to it. */
    void hear(long dialogId, Predicate<Attendance> what) {
        if (change(dialogId, what::test)) {
            tellSoon(dialogId);
        }
    }

    /** Completes when it is known how it stands with the dialog's people on other nodes, or took too long to hear. */
    Mono<Void> heard(long dialogId) {
        return rooms.opened(dialogId);
    }

    private <R> Function<Attendance, R> listening(long dialogId, Function<Attendance, R> what) {
        return attendance -> {
            attendance.hear(() -> rooms.listen(dialogId));
            return what.apply(attendance);
        };
    }

    private <R> R change(long dialogId, Function<Attendance, R> what) {
        List<R> result = new ArrayList<>(1);
        dialogs.compute(dialogId, (id, known) -> {
            Attendance attendance = known == null ? new Attendance(id, settings, rooms.areAlone()) : known;
            result.add(what.apply(attendance));
            return attendance;
        });
        return result.getFirst();
    }

    /** As {@link #update}, for what changes nothing that has to be told, and only where the dialog is here already. */
    <R> R look(long dialogId, Function<Attendance, R> what, R otherwise) {
        List<R> result = new ArrayList<>(1);
        dialogs.computeIfPresent(dialogId, (id, attendance) -> {
            result.add(what.apply(attendance));
            return attendance;
        });
        return result.isEmpty() ? otherwise : result.getFirst();
    }

    /** On a thread of the clock, and on one at a time. */
    private void tellSoon(long dialogId) {
        changed.add(dialogId);
        if (calls.getAndIncrement() == 0) {
            clock.schedule(this::tellAll);
        }
    }

    private void tellAll() {
        int done = 1;
        do {
            // Removed before it is looked at: what changes from then on puts it in again.
            for (Iterator<Long> ids = changed.iterator(); ids.hasNext();) {
                long dialogId = ids.next();
                ids.remove();
                tellSafely(dialogId);
            }
            done = calls.addAndGet(-done);
        } while (done != 0);
    }

    /** One dialog that fails must not stop the others: nobody else would tell anything ever again. */
    private void tellSafely(long dialogId) {
        try {
            tell(dialogId);
        } catch (RuntimeException | AssertionError | LinkageError unexpected) {
            log.error("The news of dialog {} could not be told, and are left out", dialogId, unexpected);
        }
    }

    private void tell(long dialogId) {
        List<DialogEvent.OfPerson> news = new ArrayList<>();
        Instant now = now();
        dialogs.computeIfPresent(dialogId, (id, attendance) -> {
            tellingNodes(id, nodes -> attendance.tell(now, news::add, nodes));
            if (attendance.isUnwritten()) {
                unwritten.add(id);
            }
            return attendance.isOver(now) ? null : attendance;
        });
        if (!news.isEmpty()) {
            rooms.tellHere(dialogId, news);
        }
    }

    /** Within the operation of the map, so what nodes are told of a dialog is in order, whichever thread tells it. */
    private void tellingNodes(long dialogId, Consumer<Consumer<DialogEvent.OfPerson>> what) {
        List<DialogEvent.OfPerson> own = new ArrayList<>();
        what.accept(own::add);
        if (!own.isEmpty()) {
            rooms.tellNodes(dialogId, own);
        }
    }

    /** Another node wants to know who is here. */
    void tellNodes(long dialogId) {
        dialogs.computeIfPresent(dialogId, (id, attendance) -> {
            tellingNodes(id, nodes -> attendance.tellNodes(now(), nodes));
            return attendance;
        });
    }

    /** Finds what has come to be otherwise by itself. */
    void sweep() {
        Instant now = now();
        dialogs.forEach((dialogId, attendance) -> {
            if (attendance.isDue(now)) {
                tellSoon(dialogId);
            }
        });
    }

    /** What is to be written, up to about so much, as though it were. */
    List<Kept.Row> takeUnwritten(int atMost) {
        List<Kept.Row> rows = new ArrayList<>();
        Instant now = now();
        for (Iterator<Long> ids = unwritten.iterator(); ids.hasNext() && rows.size() < atMost;) {
            long dialogId = ids.next();
            ids.remove();
            dialogs.computeIfPresent(dialogId, (id, attendance) -> {
                attendance.takeUnwritten(now, rows::add);
                return attendance;
            });
        }
        return rows;
    }

    /** What was taken is written; those who have gone need not be remembered any more. */
    void written(List<Kept.Row> rows) {
        rows.forEach(row -> tellSoon(row.dialogId()));
    }

    /** What was taken could not be written. */
    void putBack(List<Kept.Row> rows) {
        for (Kept.Row row : rows) {
            update(row.dialogId(), attendance -> {
                attendance.attendee(row.person()).putBack(row);
                return attendance;
            });
        }
    }

    /** The gateway stops, so those who are here were seen last now. */
    void seeAllOff() {
        Instant now = now();
        dialogs.forEach((dialogId, seen) -> {
            tellingNodes(dialogId, nodes -> look(dialogId, attendance -> attendance.seeOff(now, nodes), false));
            unwritten.add(dialogId);
        });
    }
}
