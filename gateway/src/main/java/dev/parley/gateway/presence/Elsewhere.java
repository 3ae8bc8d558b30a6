package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.PresenceStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one person is in one dialog over other nodes, as those have told. Each is believed until it tells otherwise, or tells
 * nothing any more: so a node that was killed takes its people with it, and what was lost on the way is put right by the
 * next beat. Only times of this node count, since clocks differ.
 */
final class Elsewhere {

    /** As long as it lasts where it was begun: typing is told again whenever its client says so again. */
    private static final Duration TYPING = Duration.ofSeconds(6);

    private final PresenceSettings settings;
    /** Those over which the person is online or away. */
    private final Map<Long, Told> nodes = new HashMap<>(2);
    private @Nullable Instant seen;
    private Instant typesUntil = Instant.MIN;
    private Instant markedUntil = Instant.MIN;

    private record Told(PresenceStatus status, Instant until) {}

    Elsewhere(PresenceSettings settings) {
        this.settings = settings;
    }

    void hear(long node, DialogEvent.Presence news, Instant now) {
        seen = seen == null || news.lastSeen().isAfter(seen) ? news.lastSeen() : seen;
        switch (news.status()) {
            case ONLINE -> nodes.put(node, new Told(PresenceStatus.ONLINE, now.plus(settings.silence())));
            case AWAY -> nodes.put(node, new Told(PresenceStatus.AWAY, now.plus(settings.away())));
            case OFFLINE -> nodes.remove(node);
        }
    }

    void type(Instant now) {
        typesUntil = now.plus(TYPING);
    }

    void stopTyping() {
        typesUntil = Instant.MIN;
    }

    boolean types(Instant now) {
        return now.isBefore(typesUntil);
    }

    Instant typesUntil() {
        return typesUntil;
    }

    PresenceStatus status(Instant now) {
        nodes.values().removeIf(told -> !now.isBefore(told.until()));
        PresenceStatus best = PresenceStatus.OFFLINE;
        for (Told told : nodes.values()) {
            best = better(best, told.status());
        }
        return best;
    }

    /** The one by which somebody is more here. */
    static PresenceStatus better(PresenceStatus one, PresenceStatus other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** When they were seen last, as far as was told; absent where nothing was. */
    @Nullable
    Instant seen() {
        return seen;
    }

    /** A mark of theirs has moved there. */
    void mark(Instant now) {
        markedUntil = now.plus(settings.silence());
    }

    /** Whether a mark that was heard of is perhaps not in the table yet: whoever read it there would see it go back. */
    boolean isUnwritten(Instant now) {
        return now.isBefore(markedUntil);
    }

    /** When something comes to be otherwise where nothing more is heard. */
    Instant nextChange(Instant now) {
        Instant next = nodes.values().stream().map(Told::until).min(Instant::compareTo).orElse(Instant.MAX);
        return isUnwritten(now) && markedUntil.isBefore(next) ? markedUntil : next;
    }
}
