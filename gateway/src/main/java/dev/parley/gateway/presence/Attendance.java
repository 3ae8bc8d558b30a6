package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The people of one dialog. Guarded by the map of {@link Attendances}. */
final class Attendance {

    /** Kept for so long after its last use, so that a client that asks now and then does not make us read each time. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    /** So many people are shown; those who were here last come first. */
    private static final int SHOWN = 50;

    private final long dialogId;
    private final PresenceSettings settings;
    private final List<Attendee> attendees = new ArrayList<>(2);
    private boolean recalled;
    private @Nullable Mono<Void> recalling;
    private long lastSeq;
    private Instant keptUntil = Instant.MIN;
    private Instant beatAt;
    private @Nullable Disposable hearing;

    /** Read without the guard, by the sweep. */
    private volatile Instant due = Instant.MIN;

    /** @param alone whether there are no other nodes, which would have to be told */
    Attendance(long dialogId, PresenceSettings settings, boolean alone) {
        this.dialogId = dialogId;
        this.settings = settings;
        this.beatAt = alone ? Instant.MAX : Instant.MIN;
    }

    /** Somebody on this node wants to know of the dialog's people, so what other nodes tell of them has to be heard. */
    void hear(Supplier<Disposable> listen) {
        if (hearing == null) {
            hearing = listen.get();
            due = Instant.MIN; // else nobody might look whether it is still needed
        }
    }

    /** What another node has told. Returns whether that may have to be told on. */
    boolean hear(long node, DialogEvent event, Instant now) {
        return switch (event) {
            case DialogEvent.OfPerson news -> {
                attendee(new Person(news.sender(), news.senderId())).hear(node, news, now);
                yield true;
            }
            case DialogEvent.Logged(Message message) -> {
                growTo(message.seq());
                Attendee sender = message.senderId() == null
                        ? null
                        : find(new Person(message.sender(), message.senderId()));
                yield sender != null && sender.speak();
            }
            default -> false;
        };
    }

    Attendee attendee(Person person) {
        Attendee known = find(person);
        if (known == null) {
            known = new Attendee(dialogId, person, settings);
            attendees.add(known);
        }
        return known;
    }

    @Nullable
    Attendee find(Person person) {
        // A handful of people: a map would cost more than the search.
        for (Attendee attendee : attendees) {
            if (attendee.person().equals(person)) {
                return attendee;
            }
        }
        return null;
    }

    /** The one reading of what is kept that is under way, or nothing where all of it is known already. */
    Mono<Void> recall(Instant now, Supplier<Mono<Void>> reading) {
        keptUntil = now.plus(KEPT);
        if (recalled) {
            return Mono.empty();
        }
        if (recalling == null) {
            recalling = reading.get().cache();
        }
        return recalling;
    }

    /** How it stands, for who asks again and again; absent where what is kept of it was not read yet. */
    @Nullable
    List<DialogEvent.OfPerson> shownAgain(Instant now) {
        if (!recalled) {
            return null;
        }
        keptUntil = now.plus(KEPT);
        return shown(now);
    }

    /** What the reading found. */
    Attendance take(Kept.Rows rows, Instant now) {
        recalled = true;
        recalling = null;
        lastSeq = Math.max(lastSeq, rows.lastSeq());
        rows.rows().forEach(row -> attendee(row.person()).recall(row, now));
        return this;
    }

    /** The reading failed; whoever asks next reads again. */
    boolean forgetReading() {
        recalling = null;
        return true;
    }

    /** The newest message that is known of here; there may be newer ones. */
    long lastSeq() {
        return lastSeq;
    }

    long growTo(long seq) {
        lastSeq = Math.max(lastSeq, seq);
        return lastSeq;
    }

    /** Tells followers on this node, and all other nodes, what they do not know yet; those now and then all that is so here. */
    void tell(Instant now, Consumer<DialogEvent.OfPerson> followers, Consumer<DialogEvent.OfPerson> nodes) {
        boolean beat = !now.isBefore(beatAt);
        if (beat) {
            beatAt = now.plus(settings.beat());
        }
        Instant next = keptUntil.isAfter(now) ? keptUntil : Instant.MAX;
        for (Attendee attendee : attendees) {
            Instant change = attendee.tell(now, beat, followers, nodes);
            next = earlier(next, attendee.isHere(now) ? earlier(change, beatAt) : change);
        }
        due = next;
        if (hearing != null && !isNeeded(now)) {
            hearing.dispose();
            hearing = null;
            recalled = false; // what other nodes tell is not heard from now on: whoever asks next finds out anew
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** Tells other nodes all that is so here. */
    void tellNodes(Instant now, Consumer<DialogEvent.OfPerson> nodes) {
        attendees.forEach(attendee -> attendee.tellNewNode(now, nodes));
    }

    /** It has to be looked at again then, if not before. */
    void lookAgainAt(Instant time) {
        if (time.isBefore(due)) {
            due = time;
        }
    }

    boolean isDue(Instant now) {
        return !now.isBefore(due);
    }

    List<DialogEvent.OfPerson> shown(Instant now) {
        List<DialogEvent.OfPerson> events = new ArrayList<>();
        latest(now).forEach(attendee -> attendee.show(events::add));
        return events;
    }

    List<DialogEvent.Presence> presence(Instant now) {
        List<DialogEvent.Presence> all = new ArrayList<>();
        latest(now).forEach(attendee -> attendee.showPresence(now, all::add));
        return all;
    }

    private List<Attendee> latest(Instant now) {
        if (attendees.size() <= SHOWN) {
            return attendees;
        }
        Comparator<Attendee> latestFirst = Comparator.comparing((Attendee attendee) -> attendee.lastHere(now))
                .reversed();
        return attendees.stream().sorted(latestFirst).limit(SHOWN).toList();
    }

    List<Attendee> of(Sender side) {
        return attendees.stream().filter(attendee -> attendee.person().sender() == side).toList();
    }

    boolean isUnwritten() {
        return attendees.stream().anyMatch(Attendee::isUnwritten);
    }

    void takeUnwritten(Instant now, Consumer<Kept.Row> rows) {
        attendees.stream().filter(Attendee::isUnwritten).forEach(attendee -> rows.accept(attendee.take(now)));
    }

    boolean seeOff(Instant now, Consumer<DialogEvent.OfPerson> nodes) {
        attendees.forEach(attendee -> attendee.seeOff(now, nodes));
        return true;
    }

    /** Whether somebody on this node needs it. */
    private boolean isNeeded(Instant now) {
        return recalling != null || keptUntil.isAfter(now)
                || attendees.stream().anyMatch(attendee -> attendee.isHere(now) || attendee.isUnwritten());
    }

    /** Whether nobody needs it any more. What other nodes have told is kept for newcomers as long as they tell it. */
    boolean isOver(Instant now) {
        return !isNeeded(now) && attendees.stream().allMatch(attendee -> attendee.isSettled(now));
    }
}
