package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Parameters;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.util.MultiValueMap;

/** Reads the query parameters that all transports have in common (PROTOCOL section 2). */
@Component
final class FollowParameters {

    Follower follower(Arrival arrival, Session session, Dialog dialog, @Nullable String cursor) {
        return new Follower(arrival.audience(), session, dialog, since(cursor, dialog),
                Parameters.flag("echo", arrival.parameter("echo")));
    }

    Follower follower(Audience audience, Session session, Dialog dialog, ClientFrame.Subscribe wish) {
        return new Follower(audience, session, dialog, since(wish.since(), dialog), wish.echo());
    }

    /** Left out: from now on. */
    private static Cursor since(@Nullable String cursor, Dialog dialog) {
        return cursor == null || cursor.isEmpty()
                ? Cursor.at(dialog.lastSeq())
                : Cursor.parse(cursor, dialog.id(), dialog.lastSeq());
    }

    /** Whether messages are wanted in the form that old clients read. */
    boolean isWrapped(MultiValueMap<String, String> query) {
        String format = query.getFirst("format");
        return switch (format) {
            case null -> false;
            case "direct", "" -> false;
            case "wrapped" -> true;
            default -> throw Problem.BAD_REQUEST.with("format: expected direct or wrapped");
        };
    }
}
