package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Operator;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.problem.Problem;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.HandlerFilterFunction;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Lets only administrators reach a handler, and tells the handler who it is. */
@Component
public final class AdministratorsOnly implements HandlerFilterFunction<ServerResponse, ServerResponse> {

    private static final String CALLER = AdministratorsOnly.class.getName() + ".caller";

    private final Authenticator authenticator;

    AdministratorsOnly(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    @Override
    public Mono<ServerResponse> filter(ServerRequest request, HandlerFunction<ServerResponse> next) {
        return authenticator.authenticate(Audience.ADMIN, request).flatMap(session -> {
            if (session.caller() instanceof Operator operator && operator.is(Role.ADMIN)) {
                request.attributes().put(CALLER, operator);
                return next.handle(request);
            }
            return Mono.error(Problem.FORBIDDEN.with("Only administrators may do this"));
        });
    }

    /** Who has passed this filter with the request. */
    public static Operator caller(ServerRequest request) {
        return (Operator) request.attribute(CALLER).orElseThrow();
    }
}
