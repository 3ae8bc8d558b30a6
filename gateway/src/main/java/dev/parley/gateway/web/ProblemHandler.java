package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.stereotype.Component;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/** Answers every failure as {@link ProblemWriter} does, before Spring Boot would. */
@Component
@Order(-2)
final class ProblemHandler implements WebExceptionHandler {

    private final ProblemWriter writer;
    private final AllowedMethods allowedMethods;

    ProblemHandler(ProblemWriter writer, AllowedMethods allowedMethods) {
        this.writer = writer;
        this.allowedMethods = allowedMethods;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        return switch (Problems.of(failure).problem()) {
            case NOT_FOUND -> failure instanceof ProblemException
                    ? write(exchange, failure)
                    : allowedMethods.at(exchange)
                            .flatMap(methods -> write(exchange, methods.isEmpty()
                                    ? failure
                                    : notAllowed(exchange, String.join(", ", methods))));
            case METHOD_NOT_ALLOWED -> write(exchange, failure instanceof MethodNotAllowedException wrong
                    ? notAllowed(exchange,
                            String.join(", ", wrong.getSupportedMethods().stream().map(HttpMethod::name).toList()))
                    : failure);
            default -> write(exchange, failure);
        };
    }

    private static ProblemException notAllowed(ServerWebExchange exchange, String methods) {
        exchange.getResponse().getHeaders().set(HttpHeaders.ALLOW, methods);
        return Problem.METHOD_NOT_ALLOWED.with("This path takes " + methods);
    }

    private Mono<Void> write(ServerWebExchange exchange, Throwable failure) {
        return writer.write(exchange.getRequest(), exchange.getResponse(), failure);
    }
}
