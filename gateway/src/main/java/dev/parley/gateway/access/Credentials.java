package dev.parley.gateway.access;

import dev.parley.gateway.web.RequestHead;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * What a request shows of itself: its token, and the web page that it comes from.
 *
 * @param token from {@code Authorization: Bearer …}, else from the query parameter of the audience, else from the
 *        subprotocol pair {@code parley, bearer.<token>} of a WebSocket handshake
 * @param origin the {@code Origin} header, which browsers send and nobody else has to
 * @param head where both were found
 */
record Credentials(@Nullable String token, @Nullable String origin, RequestHead head) {

    private static final String SCHEME = "Bearer ";
    private static final String SUBPROTOCOL = "bearer.";

    static Credentials of(Audience audience, RequestHead head) {
        HttpHeaders headers = head.headers();
        String token = fromAuthorization(headers);
        if (token == null) {
            token = QueryTokens.find(head, audience.parameter());
        }
        if (token == null) {
            token = fromSubprotocol(headers);
        }
        return new Credentials(token, headers.getOrigin(), head);
    }

    /** For whom the request's token says that it is, which is to be checked; operators', where there is none. */
    static Audience audienceOf(RequestHead head) {
        for (Audience audience : Audience.values()) {
            String token = of(audience, head).token();
            if (token != null) {
                return Jwt.unchecked(token).audience();
            }
        }
        return Audience.ADMIN;
    }

    private static @Nullable String fromAuthorization(HttpHeaders headers) {
        String given = headers.getFirst(HttpHeaders.AUTHORIZATION);
        if (given == null || !given.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        String token = given.substring(SCHEME.length()).strip();
        return token.isEmpty() ? null : token;
    }

    private static @Nullable String fromSubprotocol(HttpHeaders headers) {
        return headers.getOrEmpty("Sec-WebSocket-Protocol")
                .stream()
                .flatMap(line -> Arrays.stream(line.split(",")))
                .map(String::strip)
                .filter(protocol -> protocol.length() > SUBPROTOCOL.length() && protocol.startsWith(SUBPROTOCOL))
                .map(protocol -> protocol.substring(SUBPROTOCOL.length()))
                .findFirst()
                .orElse(null);
    }

    /** Without the token, for it would get into logs. */
    @Override
    public String toString() {
        return "Credentials[origin=%s]".formatted(origin);
    }
}
