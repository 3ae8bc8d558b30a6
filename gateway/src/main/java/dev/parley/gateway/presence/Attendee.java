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

    /** So often at most the others hear of somebody's marks. */
    private static final Duration RECEIPTS = Duration.ofMillis(300);

    /** How far {@code last_seen} may lag behind after a crash. */
    private static final Duration SEEN = Duration.ofMinutes(5);

    private final long dialogId;
    private final Person person;
    private final Here here;
    private final Elsewhere elsewhere;

    private @Nullable String name;
    private Mark delivered = Mark.NONE;
    private Mark read = Mark.NONE;

    private DialogEvent.@Nullable Presence toldPresence;
    private DialogEvent.@Nullable Receipt toldReceipt;
    private DialogEvent.@Nullable Typing toldTyping;
    private Instant mayTellReceipt = Instant.MIN;

    // What other nodes were told of what is so over this one.
    private PresenceStatus toldNodes = PresenceStatus.OFFLINE;
    private boolean marked;
    private boolean marksAreNews;

    private boolean unwritten;
    private @Nullable Instant seenWritten;

    Attendee(long dialogId, Person person, PresenceSettings settings) {
        this.dialogId = dialogId;
        this.person = person;
        this.here = new Here(settings);
        this.elsewhere = new Elsewhere(settings);
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
        here.enter();
        if (seenWritten == null) {
            seenWritten = now;
        }
    }

    /** Whether the others know already that this person is here; then a poll that comes or goes is no news. */
    boolean isKnownToBeHere(Instant now) {
        return toldPresence != null && toldPresence.status() == PresenceStatus.ONLINE
                && toldNodes == PresenceStatus.ONLINE && here.status(now) == PresenceStatus.ONLINE;
    }

    /** If no other poll comes, the others have to hear of it then. */
    Instant missedFrom() {
        return here.pollsUntil();
    }

    /** @param comesAgain whether it was a poll, after which another one comes */
    void leave(Instant now, boolean comesAgain) {
        here.leave(now, comesAgain);
    }

    void type(Instant now) {
        here.type(now);
    }

    /** They say that they do not type any more. */
    void stopTyping(Instant now) {
        here.stopTyping(here.types(now) || elsewhere.types(now));
        elsewhere.stopTyping();
    }

    /** What they typed is said, as all nodes hear. Returns whether it is news that they do not type any more. */
    boolean speak() {
        here.stopTyping(false);
        elsewhere.stopTyping();
        return toldTyping != null;
    }

    /** What another node tells. */
    void hear(long node, DialogEvent.OfPerson news, Instant now) {
        switch (news) {
            case DialogEvent.Presence presence -> {
                name(presence.senderName());
                elsewhere.hear(node, presence, now);
            }
            case DialogEvent.Typing typing when typing.active() -> {
                name(typing.senderName());
                elsewhere.type(now);
            }
            case DialogEvent.Typing _ -> speak();
            case DialogEvent.Receipt receipt -> {
                delivered = delivered.moveTo(receipt.deliveredSeq(), receipt.at());
                read = read.moveTo(receipt.readSeq(), receipt.at());
                elsewhere.mark(now);
            }
        }
    }

    void mark(long deliveredSeq, long readSeq, Instant now) {
        Mark furtherDelivered = delivered.moveTo(Math.max(deliveredSeq, readSeq), now);
        Mark furtherRead = read.moveTo(readSeq, now);
        boolean moved = furtherDelivered != delivered || furtherRead != read;
        unwritten |= moved;
        marksAreNews |= moved;
        marked |= moved;
        delivered = furtherDelivered;
        read = furtherRead;
    }

    /** Takes over what was kept. It is no news to anybody: newcomers are shown it, and all others were told already. */
    void recall(Kept.Row row, Instant now) {
        name = name == null ? row.name() : name;
        delivered = delivered.orFurther(row.delivered());
        read = read.orFurther(row.read());
        if (row.lastSeen() != null) {
            here.recall(row.lastSeen());
        }
        if (toldReceipt == null) {
            toldReceipt = receipt();
        }
        if (toldPresence == null && !here.isConnected() && elsewhere.status(now) == PresenceStatus.OFFLINE) {
            toldPresence = presence(now);
        }
    }

    /** What could not be written has to be tried again. */
    void putBack(Kept.Row row) {
        delivered = delivered.orFurther(row.delivered());
        read = read.orFurther(row.read());
        here.recallIfUnknown(row.lastSeen());
        unwritten = true;
    }

    PresenceStatus status(Instant now) {
        return Elsewhere.better(here.status(now), elsewhere.status(now));
    }

    /** Unless they have never been in the dialog. */
    private DialogEvent.@Nullable Presence presence(Instant now) {
        Instant seen = seen(now);
        return seen == null ? null : presence(status(now), seen);
    }

    private DialogEvent.Presence presence(PresenceStatus status, Instant seen) {
        return new DialogEvent.Presence(dialogId, person.sender(), person.id(), name, status, seen);
    }

    private @Nullable Instant seen(Instant now) {
        if (here.isConnected() || elsewhere.status(now) == PresenceStatus.ONLINE) {
            return now;
        }
        Instant one = here.seen(now);
        Instant other = elsewhere.seen();
        return one == null || (other != null && other.isAfter(one)) ? other : one;
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

    /**
     * Tells what is not as it was told last, and returns when to look again.
     *
     * @param all whether other nodes are told again what they were told already
     * @param followers on this node
     * @param nodes all others
     */
    Instant tell(Instant now, boolean all, Consumer<DialogEvent.OfPerson> followers,
            Consumer<DialogEvent.OfPerson> nodes) {
        tellTyping(now, followers);
        tellPresence(now, followers);
        tellReceipt(now, followers);
        tellNodes(now, all, nodes);
        return nextChange(now);
    }

    /** Tells other nodes how it stands over this one: all of it, or what is news to them. */
    void tellNodes(Instant now, boolean all, Consumer<DialogEvent.OfPerson> nodes) {
        PresenceStatus status = here.hasEverBeen() ? here.status(now) : PresenceStatus.OFFLINE;
        Instant seen = here.seen(now);
        if (seen != null && (status != toldNodes || (all && status != PresenceStatus.OFFLINE))) {
            toldNodes = status;
            nodes.accept(presence(status, seen));
        }
        boolean types = here.types(now);
        if (here.takeNewsOfTyping()) { // not with each beat: it would last longer elsewhere than here
            nodes.accept(typing(types));
        }
        DialogEvent.Receipt receipt = receipt();
        boolean told = receipt != null && receipt.equals(toldReceipt); // no more often than followers are
        if (receipt != null && ((marksAreNews && told) || (all && marked))) {
            marksAreNews = false;
            nodes.accept(receipt);
        }
    }

    /** As {@link #tellNodes(Instant, boolean, Consumer)}, for a node that knows nothing yet. */
    void tellNewNode(Instant now, Consumer<DialogEvent.OfPerson> nodes) {
        here.tellTypingAgain(now);
        tellNodes(now, true, nodes);
    }

    private DialogEvent.Typing typing(boolean types) {
        return new DialogEvent.Typing(dialogId, person.sender(), person.id(), name, types);
    }

    private void tellTyping(Instant now, Consumer<DialogEvent.OfPerson> followers) {
        boolean types = here.types(now) || elsewhere.types(now);
        if (types != (toldTyping != null)) {
            DialogEvent.Typing news = typing(types);
            toldTyping = types ? news : null;
            followers.accept(news);
        }
    }

    private void tellPresence(Instant now, Consumer<DialogEvent.OfPerson> followers) {
        DialogEvent.Presence news = presence(now);
        if (news == null || (toldPresence != null && toldPresence.status() == news.status())) {
            return;
        }
        toldPresence = news;
        followers.accept(news);
        // Of those who came over other nodes it is written there.
        unwritten |= news.status() == PresenceStatus.OFFLINE && here.hasEverBeen();
    }

    private void tellReceipt(Instant now, Consumer<DialogEvent.OfPerson> followers) {
        DialogEvent.Receipt news = receipt();
        if (news != null && !news.equals(toldReceipt) && !now.isBefore(mayTellReceipt)) {
            toldReceipt = news;
            mayTellReceipt = now.plus(RECEIPTS);
            followers.accept(news);
        }
    }

    /** When something comes to be otherwise by itself. */
    private Instant nextChange(Instant now) {
        Instant next = elsewhere.nextChange(now);
        if (toldTyping != null) {
            next = earlier(next, later(here.typesUntil(), elsewhere.typesUntil()));
        }
        DialogEvent.Receipt receipt = receipt();
        if (receipt != null && !receipt.equals(toldReceipt)) {
            next = earlier(next, mayTellReceipt);
        }
        return earlier(next, here.isConnected() ? seenDue(now) : here.nextChange(now));
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

    /** Whether they are in the dialog over this node. */
    boolean isHere(Instant now) {
        return here.types(now) || here.status(now) != PresenceStatus.OFFLINE;
    }

    /** Whether there is nothing that somebody would have to be told the end of. */
    boolean isSettled(Instant now) {
        return toldTyping == null && !elsewhere.isUnwritten(now) && toldNodes == PresenceStatus.OFFLINE
                && status(now) == PresenceStatus.OFFLINE;
    }

    boolean isUnwritten() {
        return unwritten;
    }

    /** The gateway stops: where somebody still is, this is when they were seen last; they may come back by another node. */
    void seeOff(Instant now, Consumer<DialogEvent.OfPerson> nodes) {
        if (isHere(now)) {
            unwritten = true;
            nodes.accept(presence(PresenceStatus.AWAY, now));
        }
    }

    /** What is to be written, as though it were. */
    Kept.Row take(Instant now) {
        unwritten = false;
        seenWritten = now;
        return new Kept.Row(dialogId, person, name, delivered, read, here.seen(now));
    }
}
