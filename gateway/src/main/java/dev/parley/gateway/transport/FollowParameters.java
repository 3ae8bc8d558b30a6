package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.util.MultiValueMap;

/** Reads the query parameters that all transports have in common (PROTOCOL section 2). */
@Component
final class FollowParameters {

    Follower follower(Audience audience, Session session, Dialog dialog, @Nullable String cursor,
            MultiValueMap<String, String> query) {
        return new Follower(audience, session, dialog, since(cursor, dialog),
                echo(query.getFirst("echo")),
                format(query.getFirst("format")));
    }

    /** Left out: from now on. */
    private static Cursor since(@Nullable String cursor, Dialog dialog) {
        return cursor == null || cursor.isEmpty()
                ? Cursor.at(dialog.lastSeq())
                : Cursor.parse(cursor, dialog.id(), dialog.lastSeq());
    }

    private static boolean echo(@Nullable String echo) {
        return switch (echo) {
            case null -> false;
            case "true" -> true;
            case "false", "" -> false;
            default -> throw Problem.BAD_REQUEST.with("echo: expected true or false");
        };
    }

    private static EventJson.Format format(@Nullable String format) {
        return switch (format) {
            case null -> EventJson.Format.DIRECT;
            case "direct", "" -> EventJson.Format.DIRECT;
            case "wrapped" -> EventJson.Format.WRAPPED;
            default -> throw Problem.BAD_REQUEST.with("format: expected direct or wrapped");
        };
    }
}
