package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers every failure with {@code application/problem+json} (PROTOCOL section 6), before Spring Boot would. What nobody
 * foresaw is logged once, with its stack trace and without the query (which may hold a token), and the client learns
 * nothing of it but {@code internal_error}.
 */
@Component
@Order(-2)
final class ProblemHandler implements WebExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ProblemHandler.class);

    private final JsonMapper json;
    private final AllowedMethods allowedMethods;

    ProblemHandler(JsonMapper json, AllowedMethods allowedMethods) {
        this.json = json;
        this.allowedMethods = allowedMethods;
    }

    /** The fields of PROTOCOL section 6. */
    private record Body(URI type, String title, int status, @Nullable String detail, String code,
            @Nullable Long retryAfterMs) {}

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        ProblemException problem = Problems.of(failure);
        if (problem.problem() == Problem.INTERNAL_ERROR && !(failure instanceof ProblemException)) {
            ServerHttpRequest request = exchange.getRequest();
            log.error("{} {} failed", request.getMethod(), request.getPath().value(), failure);
        }
        return switch (problem.problem()) {
            case NOT_FOUND -> failure instanceof ProblemException
                    ? write(exchange, problem)
                    : allowedMethods.at(exchange)
                            .flatMap(methods -> methods.isEmpty()
                                    ? write(exchange, problem)
                                    : write(exchange, notAllowed(exchange, String.join(", ", methods))));
            case METHOD_NOT_ALLOWED -> write(exchange, failure instanceof MethodNotAllowedException wrong
                    ? notAllowed(exchange,
                            String.join(", ", wrong.getSupportedMethods().stream().map(HttpMethod::name).toList()))
                    : problem);
            default -> write(exchange, problem);
        };
    }

    private static ProblemException notAllowed(ServerWebExchange exchange, String methods) {
        exchange.getResponse().getHeaders().set(HttpHeaders.ALLOW, methods);
        return Problem.METHOD_NOT_ALLOWED.with("This path takes " + methods);
    }

    private Mono<Void> write(ServerWebExchange exchange, ProblemException problem) {
        ServerHttpResponse response = exchange.getResponse();
        Problem kind = problem.problem();
        Duration retryAfter = problem.retryAfter();
        byte[] body = json.writeValueAsBytes(new Body(URI.create("urn:parley:problem:" + kind.code()), kind.title(),
                kind.status(), problem.detail(), kind.code(), retryAfter == null ? null : retryAfter.toMillis()));
        response.setStatusCode(HttpStatusCode.valueOf(kind.status()));
        HttpHeaders headers = response.getHeaders();
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        headers.setContentLength(body.length);
        headers.setCacheControl("no-store");
        if (kind == Problem.UNAUTHORIZED) {
            headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (retryAfter != null) {
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(Math.ceilDiv(retryAfter.toMillis(), 1000)));
        }
        if (exchange.getRequest().getMethod().equals(HttpMethod.HEAD)) {
            return response.setComplete();
        }
        return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }
}
