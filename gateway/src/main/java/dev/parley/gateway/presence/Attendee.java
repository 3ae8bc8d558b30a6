package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.PresenceStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One person in one dialog: what is so now, and what the others were told of it. Whatever happens is only noted here; the
 * difference is told later ({@link #tell}), by one thread, so it is told in order, and what was undone meanwhile is not told
 * at all. Guarded by the map of {@link Attendances}.
 */
final class Attendee {

    private static final Duration TYPING = Duration.ofSeconds(6);

    /** So often at most the others hear of somebody's marks. */
    private static final Duration RECEIPTS = Duration.ofMillis(300);

    /** How far {@code last_seen} may lag behind after a crash. */
    private static final Duration SEEN = Duration.ofMinutes(5);

    private final long dialogId;
    private final Person person;
    private final PresenceSettings settings;

    private @Nullable String name;
    private int connections;
    private @Nullable Instant leftAt;
    private Instant pollsUntil = Instant.MIN;
    private Instant typesUntil = Instant.MIN;
    private Mark delivered = Mark.NONE;
    private Mark read = Mark.NONE;

    private DialogEvent.@Nullable Presence toldPresence;
    private DialogEvent.@Nullable Receipt toldReceipt;
    private DialogEvent.@Nullable Typing toldTyping;
    private Instant mayTellReceipt = Instant.MIN;

    private boolean unwritten;
    private @Nullable Instant seenWritten;

    Attendee(long dialogId, Person person, PresenceSettings settings) {
        this.dialogId = dialogId;
        this.person = person;
        this.settings = settings;
    }

    Person person() {
        return person;
    }

    void name(@Nullable String current) {
        if (current != null) {
            name = current;
        }
    }

    void enter(Instant now) {
        connections++;
        if (seenWritten == null) {
            seenWritten = now;
        }
    }

    /** Whether the others know already that this person is here; then a poll that comes or goes is no news. */
    boolean isKnownToBeHere(Instant now) {
        return toldPresence != null && toldPresence.status() == PresenceStatus.ONLINE
                && status(now) == PresenceStatus.ONLINE;
    }

    /** If no other poll comes, the others have to hear of it then. */
    Instant missedFrom() {
        return pollsUntil;
    }

    /** @param comesAgain whether it was a poll, after which another one comes */
    void leave(Instant now, boolean comesAgain) {
        connections--;
        leftAt = now;
        if (comesAgain) {
            pollsUntil = now.plus(settings.pollGrace());
        } else if (connections == 0 && !now.isBefore(pollsUntil)) {
            typesUntil = Instant.MIN;
        }
    }

    /** Whoever types is here, even where they only send requests. */
    void type(Instant now) {
        typesUntil = now.plus(TYPING);
        leftAt = now;
    }

    /** Returns whether that is news. */
    boolean stopTyping() {
        boolean typed = !typesUntil.equals(Instant.MIN) || toldTyping != null;
        typesUntil = Instant.MIN;
        return typed;
    }

    void mark(long deliveredSeq, long readSeq, Instant now) {
        Mark furtherDelivered = delivered.moveTo(Math.max(deliveredSeq, readSeq), now);
        Mark furtherRead = read.moveTo(readSeq, now);
        unwritten |= furtherDelivered != delivered || furtherRead != read;
        delivered = furtherDelivered;
        read = furtherRead;
    }

    /** Takes over what was kept. It is no news to anybody: newcomers are shown it, and all others were told already. */
    void recall(Kept.Row row, Instant now) {
        name = name == null ? row.name() : name;
        delivered = delivered.orFurther(row.delivered());
        read = read.orFurther(row.read());
        Instant seen = row.lastSeen();
        if (seen != null && (leftAt == null || seen.isAfter(leftAt))) {
            leftAt = seen;
        }
        if (toldReceipt == null) {
            toldReceipt = receipt();
        }
        if (toldPresence == null && connections == 0) {
            toldPresence = presence(now);
        }
    }

    /** What could not be written has to be tried again. */
    void putBack(Kept.Row row) {
        delivered = delivered.orFurther(row.delivered());
        read = read.orFurther(row.read());
        leftAt = leftAt == null ? row.lastSeen() : leftAt;
        unwritten = true;
    }

    PresenceStatus status(Instant now) {
        Instant left = leftAt;
        if (connections > 0 || now.isBefore(pollsUntil)
                || (left != null && now.isBefore(left.plus(settings.grace())))) {
            return PresenceStatus.ONLINE;
        }
        return left != null && now.isBefore(left.plus(settings.away())) ? PresenceStatus.AWAY : PresenceStatus.OFFLINE;
    }

    /** Unless they have never been here. */
    private DialogEvent.@Nullable Presence presence(Instant now) {
        Instant seen = seen(now);
        return seen == null
                ? null
                : new DialogEvent.Presence(dialogId, person.sender(), person.id(), name, status(now), seen);
    }

    private @Nullable Instant seen(Instant now) {
        return connections > 0 ? now : leftAt;
    }

    private DialogEvent.@Nullable Receipt receipt() {
        Instant at = movedAt();
        return at == null
                ? null
                : new DialogEvent.Receipt(dialogId, person.sender(), person.id(), delivered.seq(), read.seq(), at);
    }

    private @Nullable Instant movedAt() {
        Instant deliveredAt = delivered.at();
        Instant readAt = read.at();
        return deliveredAt == null || (readAt != null && readAt.isAfter(deliveredAt)) ? readAt : deliveredAt;
    }

    /** For an order in which those who are here come first. */
    Instant lastHere(Instant now) {
        Instant seen = seen(now);
        return seen == null ? Instant.MIN : seen;
    }

    Mark delivered() {
        return delivered;
    }

    Mark read() {
        return read;
    }

    /** Tells what is not as it was told last, and returns when to look again. */
    Instant tell(Instant now, Consumer<DialogEvent> others) {
        tellTyping(now, others);
        tellPresence(now, others);
        tellReceipt(now, others);
        return nextChange(now);
    }

    private void tellTyping(Instant now, Consumer<DialogEvent> others) {
        boolean types = now.isBefore(typesUntil);
        if (types != (toldTyping != null)) {
            DialogEvent.Typing news = new DialogEvent.Typing(dialogId, person.sender(), person.id(), name, types);
            toldTyping = types ? news : null;
            others.accept(news);
        }
    }

    private void tellPresence(Instant now, Consumer<DialogEvent> others) {
        DialogEvent.Presence news = presence(now);
        if (news == null || (toldPresence != null && toldPresence.status() == news.status())) {
            return;
        }
        toldPresence = news;
        others.accept(news);
        unwritten |= news.status() == PresenceStatus.OFFLINE;
    }

    private void tellReceipt(Instant now, Consumer<DialogEvent> others) {
        DialogEvent.Receipt news = receipt();
        if (news != null && !news.equals(toldReceipt) && !now.isBefore(mayTellReceipt)) {
            toldReceipt = news;
            mayTellReceipt = now.plus(RECEIPTS);
            others.accept(news);
        }
    }

    /** When something comes to be otherwise by itself. */
    private Instant nextChange(Instant now) {
        Instant next = Instant.MAX;
        if (toldTyping != null) {
            next = earlier(next, typesUntil);
        }
        DialogEvent.Receipt receipt = receipt();
        if (receipt != null && !receipt.equals(toldReceipt)) {
            next = earlier(next, mayTellReceipt);
        }
        if (connections > 0) {
            return earlier(next, seenDue(now));
        }
        Instant left = leftAt;
        return left == null
                ? next
                : switch (status(now)) {
                    case ONLINE -> earlier(next, later(pollsUntil, left.plus(settings.grace())));
                    case AWAY -> earlier(next, left.plus(settings.away()));
                    case OFFLINE -> next;
                };
    }

    /** Notes that {@code last_seen} of somebody who stays is to be written from time to time. */
    private Instant seenDue(Instant now) {
        Instant written = seenWritten == null ? now : seenWritten;
        Instant due = written.plus(SEEN);
        unwritten |= !now.isBefore(due);
        return unwritten ? now.plus(SEEN) : due;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** Shows a newcomer what the others were told. */
    void show(Consumer<DialogEvent.OfPerson> newcomer) {
        if (toldPresence != null) {
            newcomer.accept(toldPresence);
        }
        if (toldTyping != null) {
            newcomer.accept(toldTyping);
        }
        if (toldReceipt != null) {
            newcomer.accept(toldReceipt);
        }
    }

    /** As it is now, whatever the others were told. */
    void showPresence(Instant now, Consumer<DialogEvent.Presence> asker) {
        DialogEvent.Presence presence = presence(now);
        if (presence != null) {
            asker.accept(presence);
        }
    }

    boolean isHere(Instant now) {
        return toldTyping != null || status(now) != PresenceStatus.OFFLINE;
    }

    boolean isUnwritten() {
        return unwritten;
    }

    /** The gateway stops: where somebody still is, this is when they were seen last. */
    void seeOff(Instant now) {
        unwritten |= isHere(now);
    }

    /** What is to be written, as though it were. */
    Kept.Row take(Instant now) {
        unwritten = false;
        seenWritten = now;
        return new Kept.Row(dialogId, person, name, delivered, read, seen(now));
    }
}
