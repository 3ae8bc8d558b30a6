package dev.parley.gateway.access;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.RequestHead;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;

/**
 * Which web pages may embed an assistant. Allowed are the origins of its own list, those that the gateway allows for
 * all, the gateway's own pages, and requests without an {@code Origin} header, which come from no page. This keeps foreign
 * pages out; whoever is no browser can send what it likes and needs a token all the same.
 */
@Component
public final class Origins {

    /** In an assistant's list: every origin. */
    public static final String ALL = "*";

    private static final Pattern ORIGIN = Pattern.compile(
            "([a-z][a-z0-9+.-]{0,30})://([a-z0-9_.-]{1,253}|\\[[0-9a-f:.]{2,45}])(?::([0-9]{1,5}))?");

    private final List<String> open;

    Origins(AccessSettings settings) {
        this.open = settings.openOrigins().stream().map(origin -> normalised(origin).orElse(origin)).toList();
    }

    /**
     * An origin in the form in which browsers send it, or nothing where the text is none. {@link #ALL} is one.
     */
    public static Optional<String> normalised(String text) {
        String origin = text.strip().toLowerCase(Locale.ROOT);
        if (origin.equals(ALL)) {
            return Optional.of(ALL);
        }
        Matcher matcher = ORIGIN.matcher(origin);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        boolean isDefault = matcher.group(3) != null
                && port(matcher.group(3), matcher.group(1)) == port(null, matcher.group(1));
        return Optional.of(isDefault ? matcher.group(1) + "://" + matcher.group(2) : origin);
    }

    /** Fails with {@code FORBIDDEN} where the page that sends this request may not embed this assistant. */
    public void check(Assistant assistant, ServerHttpRequest request) {
        check(assistant, RequestHead.of(request));
    }

    void check(Assistant assistant, RequestHead request) {
        String origin = request.headers().getOrigin();
        if (origin != null && !isOwn(origin, request.address()) && !isIn(assistant.allowedOrigins(), origin)
                && !isIn(open, origin)) {
            throw Problem.FORBIDDEN.with(
                    "This assistant does not allow pages of this origin: an administrator can add it to allowed_origins");
        }
    }

    /** Whether the origin is one of these or of those that the gateway allows for all assistants. */
    boolean isKnown(Iterable<String> allowed, String origin, URI own) {
        return isOwn(origin, own) || isIn(allowed, origin) || isIn(open, origin);
    }

    private static boolean isIn(Iterable<String> allowed, String origin) {
        for (String one : allowed) {
            if (one.equals(ALL) || one.equalsIgnoreCase(origin)) {
                return true;
            }
        }
        return false;
    }

    /** The scheme does not count: behind a proxy that ends TLS, pages are https and requests arrive as http. */
    private static boolean isOwn(String origin, URI own) {
        Matcher matcher = ORIGIN.matcher(origin.toLowerCase(Locale.ROOT));
        if (!matcher.matches() || own.getHost() == null || !own.getHost().equalsIgnoreCase(matcher.group(2))) {
            return false;
        }
        int port = port(matcher.group(3), matcher.group(1));
        return port == (own.getPort() < 0 ? port(null, matcher.group(1)) : own.getPort());
    }

    /** The port that is meant, -1 where a scheme other than the web's has none. */
    private static int port(@Nullable String given, String scheme) {
        return given != null ? Integer.parseInt(given) : switch (scheme) {
            case "http" -> 80;
            case "https" -> 443;
            default -> -1;
        };
    }
}
