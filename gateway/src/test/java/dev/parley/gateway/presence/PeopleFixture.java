package dev.parley.gateway.presence;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.EventBus;
import dev.parley.gateway.dialog.ListenedRoom;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The people of dialog 7, with a clock that a test turns, and somebody who hears what is told of them. */
final class PeopleFixture implements AutoCloseable {

    static final long DIALOG = 7;
    static final Caller VISITOR = new Caller.Visitor("v", 1, "Ada");
    static final Caller ANNA = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));
    static final Caller BEN = new Caller.Operator(2, "Ben", Set.of(Caller.Role.OPERATOR));
    private static final PresenceSettings SETTINGS = new PresenceSettings(Duration.ofSeconds(5), Duration.ofSeconds(15),
            Duration.ofSeconds(30), Duration.ofSeconds(20));

    final VirtualTimeScheduler clock;
    final ListenedRoom room;
    final KeptInMemory kept;
    final Attendances attendances;
    final People people;
    final KeepingUp keepingUp;

    PeopleFixture() {
        this(new KeptInMemory());
    }

    /** A gateway that was started anew has what the one before has written. */
    PeopleFixture(KeptInMemory kept) {
        this(kept, clock(), EventBus.NONE);
    }

    /** At noon of some day. */
    static VirtualTimeScheduler clock() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        clock.advanceTimeTo(Instant.parse("2026-11-21T12:00:00Z"));
        return clock;
    }

    /** One of several nodes. */
    PeopleFixture(KeptInMemory kept, VirtualTimeScheduler clock, EventBus bus) {
        this.kept = kept;
        this.clock = clock;
        this.room = new ListenedRoom(DIALOG, bus);
        this.attendances = new Attendances(room.rooms(), SETTINGS, new SimpleMeterRegistry(), clock);
        this.people = new People(attendances, kept);
        this.keepingUp = new KeepingUp(attendances, kept, new SimpleMeterRegistry(), clock);
        keepingUp.start();
    }

    void after(Duration time) {
        clock.advanceTimeBy(time);
    }

    void afterSeconds(long seconds) {
        after(Duration.ofSeconds(seconds));
    }

    void mark(Caller caller, @Nullable Long delivered, @Nullable Long read) {
        people.mark(DIALOG, 0, caller, delivered, read).block(Duration.ofSeconds(1));
    }

    List<DialogEvent.OfPerson> standing() {
        return Objects.requireNonNull(people.standing(DIALOG).block(Duration.ofSeconds(1)));
    }

    Reception reception(Caller caller) {
        return Objects.requireNonNull(people.reception(DIALOG, caller).block(Duration.ofSeconds(1)));
    }

    /** What was told since the last call, in few words. */
    List<String> told() {
        return words(room.heard());
    }

    static List<String> words(List<? extends DialogEvent> events) {
        return events.stream().map(PeopleFixture::words).toList();
    }

    private static String words(DialogEvent event) {
        return switch (event) {
            case DialogEvent.Presence it -> "%s is %s".formatted(it.senderName(), it.status().word());
            case DialogEvent.Typing it -> it.senderName() + (it.active() ? " types" : " stops");
            case DialogEvent.Receipt it ->
                "%s %s has %d, read %d".formatted(it.sender().word(), it.senderId(), it.deliveredSeq(), it.readSeq());
            default -> event.toString();
        };
    }

    @Override
    public void close() {
        keepingUp.stop();
        room.close();
    }
}
