package dev.parley.gateway.access;

import dev.parley.gateway.web.RequestHead;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;

/**
 * Takes tokens out of the query before anything that logs addresses can see them: Spring writes the whole query into its
 * log where an answer breaks off, and browsers can send a WebSocket's token in no better place. What is taken out
 * travels on in a header of the request, which is for {@link Credentials} only.
 */
@Component
final class QueryTokens implements WebHttpHandlerBuilderCustomizer {

    static final String HEADER = "Parley-Query-Tokens";

    private static final Set<String> PARAMETERS = Set.of("token", "site_token", "visitor_token");

    @Override
    public void customize(WebHttpHandlerBuilder builder) {
        builder.httpHandlerDecorator(
                (HttpHandler next) -> (request, response) -> next.handle(withoutTokens(request), response));
    }

    /** The request with the tokens of its query in the header. */
    static ServerHttpRequest withoutTokens(ServerHttpRequest request) {
        String query = request.getURI().getRawQuery();
        // A percent sign may hide the name.
        if (query == null || !(query.contains("token") || query.contains("%"))) {
            return request;
        }
        String tokens = parts(query, part -> PARAMETERS.contains(name(part)));
        if (tokens.isEmpty()) {
            return request;
        }
        String rest = parts(query, part -> !PARAMETERS.contains(name(part)));
        String address = request.getURI().toString();
        URI uri = URI.create(address.substring(0, address.indexOf('?')) + (rest.isEmpty() ? "" : "?" + rest));
        return request.mutate().uri(uri).headers(headers -> headers.set(HEADER, tokens)).build();
    }

    /** The value of a token parameter, wherever it is now, or nothing. */
    static @Nullable String find(RequestHead head, String parameter) {
        String taken = head.headers().getFirst(HEADER);
        String query = taken == null ? head.query() : taken;
        return query == null
                ? null
                : Arrays.stream(query.split("&"))
                        .filter(part -> name(part).equals(parameter))
                        .map(part -> decoded(part.substring(part.indexOf('=') + 1)))
                        .filter(token -> !token.isBlank())
                        .findFirst()
                        .orElse(null);
    }

    private static String parts(String query, Predicate<String> chosen) {
        return Arrays.stream(query.split("&")).filter(chosen).collect(Collectors.joining("&"));
    }

    private static String name(String part) {
        int end = part.indexOf('=');
        return end < 0 ? "" : decoded(part.substring(0, end));
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
