package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.PresenceStatus;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How one person is in one dialog over this node: by connections, polls and requests. */
final class Here {

    private static final Duration TYPING = Duration.ofSeconds(6);

    private final PresenceSettings settings;
    private int connections;
    private @Nullable Instant leftAt;
    private Instant pollsUntil = Instant.MIN;
    private Instant typesUntil = Instant.MIN;
    private boolean ever;
    private boolean typingIsNews;

    Here(PresenceSettings settings) {
        this.settings = settings;
    }

    void enter() {
        connections++;
        ever = true;
    }

    /** @param comesAgain whether it was a poll, after which another one comes */
    void leave(Instant now, boolean comesAgain) {
        connections--;
        leftAt = now;
        if (comesAgain) {
            pollsUntil = now.plus(settings.pollGrace());
        } else if (connections == 0 && !now.isBefore(pollsUntil)) {
            typingIsNews |= types(now);
            typesUntil = Instant.MIN;
        }
    }

    /** Whoever types is here, even where they only send requests. */
    void type(Instant now) {
        typesUntil = now.plus(TYPING);
        leftAt = now;
        ever = true;
        typingIsNews = true;
    }

    /** @param isNews whether other nodes have to be told of it */
    void stopTyping(boolean isNews) {
        typesUntil = Instant.MIN;
        typingIsNews = isNews;
    }

    boolean types(Instant now) {
        return now.isBefore(typesUntil);
    }

    Instant typesUntil() {
        return typesUntil;
    }

    /** Somebody begins to listen who does not know of it. */
    void tellTypingAgain(Instant now) {
        typingIsNews |= types(now);
    }

    /** Whether typing was begun, gone on with or ended since the last call: nodes that hear of none believe that it ends. */
    boolean takeNewsOfTyping() {
        boolean news = typingIsNews;
        typingIsNews = false;
        return news;
    }

    /** Where somebody was seen then, here or elsewhere, before anybody remembers. */
    void recall(Instant seen) {
        if (leftAt == null || seen.isAfter(leftAt)) {
            leftAt = seen;
        }
    }

    void recallIfUnknown(@Nullable Instant seen) {
        leftAt = leftAt == null ? seen : leftAt;
    }

    boolean isConnected() {
        return connections > 0;
    }

    /** Whether they have come over this node at all, as far as it remembers. */
    boolean hasEverBeen() {
        return ever;
    }

    Instant pollsUntil() {
        return pollsUntil;
    }

    PresenceStatus status(Instant now) {
        Instant left = leftAt;
        if (connections > 0 || now.isBefore(pollsUntil)
                || (left != null && now.isBefore(left.plus(settings.grace())))) {
            return PresenceStatus.ONLINE;
        }
        return left != null && now.isBefore(left.plus(settings.away())) ? PresenceStatus.AWAY : PresenceStatus.OFFLINE;
    }

    /** Absent where they have never been here. */
    @Nullable
    Instant seen(Instant now) {
        return connections > 0 ? now : leftAt;
    }

    /** When the status of somebody who is not connected comes to be otherwise by itself. */
    Instant nextChange(Instant now) {
        Instant left = leftAt;
        return left == null ? Instant.MAX : switch (status(now)) {
            case ONLINE -> later(pollsUntil, left.plus(settings.grace()));
            case AWAY -> left.plus(settings.away());
            case OFFLINE -> Instant.MAX;
        };
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
