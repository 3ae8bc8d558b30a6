package dev.parley.gateway.client;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** The three ways in which a dialog is followed. */
public enum Carrier {
    WEB_SOCKET, SSE, POLL;

    private static final List<Carrier> ALL = List.of(values());

    /** One after the other, for a crowd that uses all of them. */
    public static Carrier ofClient(int number) {
        return ALL.get(number % ALL.size());
    }

    /** Begins to follow there. */
    Link open(FollowedDialog dialog, String cursor) throws IOException {
        return switch (this) {
            case WEB_SOCKET -> new Link.OfWebSocket(dialog, cursor);
            case SSE -> new Link.OfEvents(dialog, cursor);
            case POLL -> new Link.OfPolls(dialog, cursor);
        };
    }

    public Carrier next() {
        return switch (this) {
            case WEB_SOCKET -> SSE;
            case SSE -> POLL;
            case POLL -> WEB_SOCKET;
        };
    }

    public Carrier previous() {
        return next().next();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
