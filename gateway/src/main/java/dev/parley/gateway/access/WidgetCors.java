package dev.parley.gateway.access;

import dev.parley.gateway.web.RequestHead;
import java.util.List;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.cors.reactive.CorsUtils;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Lets pages of other origins call the end points of widgets and site users with {@code fetch} (CORS). A browser asks
 * before it sends the token, so nobody knows yet which assistant is meant: an origin that any assistant allows may call,
 * and {@link Origins#check} decides with the token at hand. Cookies are never asked for ({@code Allow-Credentials}).
 */
@Component
@Order(0)
public final class WidgetCors implements WebFilter {

    private static final List<String> PATHS = List.of("/api/widget/", "/api/site/", "/api/ai/", "/sse/widget/",
            "/sse/site/", "/poll/widget/", "/poll/site/");
    private static final List<HttpMethod> METHODS = List.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PATCH,
            HttpMethod.DELETE);
    private static final List<String> HEADERS = List.of(HttpHeaders.AUTHORIZATION, HttpHeaders.CONTENT_TYPE,
            "Last-Event-ID");
    private static final long REMEMBER_SECONDS = 600;

    private final Assistants assistants;
    private final Origins origins;

    WidgetCors(Assistants assistants, Origins origins) {
        this.assistants = assistants;
        this.origins = origins;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        String path = request.getPath().pathWithinApplication().value();
        if (PATHS.stream().noneMatch(path::startsWith)) {
            return chain.filter(exchange);
        }
        return admit(RequestHead.of(request), exchange.getResponse().getHeaders())
                .then(Mono.defer(() -> CorsUtils.isPreFlightRequest(request)
                        ? answer(exchange)
                        : chain.filter(exchange)));
    }

    /** Says in the headers of the answer whether the page that asks may read it. */
    public Mono<Void> admit(RequestHead request, HttpHeaders answer) {
        answer.add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        String origin = request.headers().getOrigin();
        if (origin == null) {
            return Mono.empty();
        }
        return assistants.allOrigins()
                .doOnNext(allowed -> {
                    if (origins.isKnown(allowed, origin, request.address())) {
                        allow(answer, origin);
                    }
                })
                .then();
    }

    private static void allow(HttpHeaders headers, String origin) {
        headers.setAccessControlAllowOrigin(origin);
        headers.setAccessControlExposeHeaders(List.of(HttpHeaders.RETRY_AFTER));
    }

    private static Mono<Void> answer(ServerWebExchange exchange) {
        HttpHeaders headers = exchange.getResponse().getHeaders();
        if (headers.getAccessControlAllowOrigin() != null) {
            headers.setAccessControlAllowMethods(METHODS);
            headers.setAccessControlAllowHeaders(HEADERS);
            headers.setAccessControlMaxAge(REMEMBER_SECONDS);
        }
        exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
        return exchange.getResponse().setComplete();
    }
}
