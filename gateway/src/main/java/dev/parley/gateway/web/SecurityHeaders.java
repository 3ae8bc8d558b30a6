package dev.parley.gateway.web;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Headers that every answer carries unless whoever made it has set them: no guessing of types, no referrer, no framing
 * by other sites (except of the chat frame, which is made for that), and no caching of API answers.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class SecurityHeaders implements WebFilter {

    private static final String POLICY = "Content-Security-Policy";

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getPath().pathWithinApplication().value();
        exchange.getResponse()
                .beforeCommit(() -> Mono.fromRunnable(() -> add(exchange.getResponse().getHeaders(), path)));
        return chain.filter(exchange);
    }

    /** Adds what the answer to a request for this path does not have yet. */
    public static void add(HttpHeaders headers, String path) {
        headers.set("X-Content-Type-Options", "nosniff");
        setIfAbsent(headers, "Referrer-Policy", "no-referrer");
        if (path.startsWith("/api/")) {
            setIfAbsent(headers, POLICY, "default-src 'none'; frame-ancestors 'none'");
            setIfAbsent(headers, HttpHeaders.CACHE_CONTROL, "no-store");
        } else if (!path.equals("/chat-iframe")) {
            setIfAbsent(headers, POLICY, "frame-ancestors 'self'");
        }
    }

    private static void setIfAbsent(HttpHeaders headers, String name, String value) {
        if (!headers.containsHeader(name)) {
            headers.set(name, value);
        }
    }
}
