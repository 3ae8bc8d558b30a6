package dev.parley.gateway.console;

import dev.parley.gateway.web.Parameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * A page of a list in the order of ids: {@code ?cursor=&limit=}, and {@code next} in the answer where there is more.
 *
 * @param afterId the id that the page before ended with, 0 for the first page
 */
record Page(long afterId, int limit) {

    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 100;

    static Page of(ServerRequest request) {
        return new Page(Parameters.longInteger(request, "cursor", 0, 0, Long.MAX_VALUE),
                Parameters.integer(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT));
    }

    /** How many to read: one more than is shown, to know whether there is more. */
    int readLimit() {
        return limit + 1;
    }

    /** The answer {@code {"<name>": […], "next": "…"}}. */
    <T> Mono<ServerResponse> answer(String name, List<T> found, ToLongFunction<T> id) {
        Map<String, Object> body = new LinkedHashMap<>();
        List<T> shown = found.subList(0, Math.min(limit, found.size()));
        body.put(name, shown);
        if (found.size() > limit) {
            body.put("next", Long.toString(id.applyAsLong(shown.getLast())));
        }
        return ServerResponse.ok().bodyValue(body);
    }
}
