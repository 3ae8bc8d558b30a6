package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.DialogFilter;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Parameters;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;

/** One page of a list of dialogs, as it was asked for. Its cursor names the last dialog of the page before. */
record DialogPage(DialogFilter filter, DialogFilter.@Nullable Place after, int limit) {

    private static final int DEFAULT = 20;
    private static final int MAX = 100;
    private static final int MAX_SEARCH = 100;

    /** Only operators may filter; what others send of it is ignored, as every unknown field is. */
    static DialogPage of(ServerRequest request, Caller caller) {
        return new DialogPage(caller instanceof Caller.Operator operator ? filter(request, operator) : DialogFilter.ALL,
                request.queryParam("cursor").filter(cursor -> !cursor.isEmpty()).map(DialogPage::place).orElse(null),
                Parameters.integer(request, "limit", DEFAULT, 1, MAX));
    }

    private static DialogFilter filter(ServerRequest request, Caller.Operator operator) {
        return new DialogFilter(
                request.queryParam("status").map(word -> choice("status", word, Dialog.Status.class)).orElse(null),
                request.queryParam("mode").map(word -> choice("mode", word, Dialog.Mode.class)).orElse(null),
                request.queryParam("assignee").map(word -> assignee(word, operator)).orElse(null),
                request.queryParam("q").filter(text -> !text.isBlank()).map(DialogPage::search).orElse(null));
    }

    private static <E extends Enum<E>> E choice(String name, String word, Class<E> type) {
        for (E value : type.getEnumConstants()) {
            if (value.name().equalsIgnoreCase(word)) {
                return value;
            }
        }
        throw Problem.BAD_REQUEST.with("%s: not known".formatted(name));
    }

    private static Long assignee(String word, Caller.Operator operator) {
        if (!word.equals("me")) {
            throw Problem.BAD_REQUEST.with("assignee: expected me");
        }
        return operator.userId();
    }

    private static String search(String text) {
        if (text.length() > MAX_SEARCH || text.indexOf('\0') >= 0) {
            throw Problem.BAD_REQUEST.with("q: at most %d characters".formatted(MAX_SEARCH));
        }
        return text.strip();
    }

    private static DialogFilter.Place place(String cursor) {
        try {
            String[] parts = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII).split(":", 2);
            return new DialogFilter.Place(Instant.ofEpochMilli(Long.parseLong(parts[0])), Long.parseLong(parts[1]));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | java.time.DateTimeException forged) {
            throw Problem.BAD_REQUEST.with("cursor: expected the next of an earlier page");
        }
    }

    private static String cursor(Dialog last) {
        String place = "%d:%d".formatted(last.lastActivityAt().toEpochMilli(), last.id());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(place.getBytes(StandardCharsets.US_ASCII));
    }

    /** The dialogs of this page, without the one more that shows whether there is another page. */
    List<Dialog> of(List<Dialog> found) {
        return found.subList(0, Math.min(limit, found.size()));
    }

    @Nullable
    String next(List<Dialog> found) {
        return found.size() > limit ? cursor(found.get(limit - 1)) : null;
    }
}
