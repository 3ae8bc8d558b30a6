package dev.parley.gateway.console;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.limits.Visits;
import dev.parley.gateway.web.JsonBodies;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code POST /api/widget/token}: the old token comes as ever, or in a body {@code {"visitor_token": "…"}}. */
@Component
final class VisitorTokenHandler {

    private final Authenticator authenticator;
    private final JsonBodies bodies;
    private final Visits visits;

    VisitorTokenHandler(Authenticator authenticator, JsonBodies bodies, Visits visits) {
        this.authenticator = authenticator;
        this.bodies = bodies;
        this.visits = visits;
    }

    private record Old(@Nullable String visitorToken) {

        /** Without the token, for it would get into logs. */
        @Override
        public String toString() {
            return "Old[]";
        }
    }

    private record Answer(String visitorToken, Instant expiresAt) {

        /** Without the token: Spring logs what it encodes. */
        @Override
        public String toString() {
            return "Answer[expiresAt=%s]".formatted(expiresAt);
        }
    }

    Mono<ServerResponse> refresh(ServerRequest request) {
        return visits.comeBack(request.exchange().getRequest())
                .then(old(request))
                .flatMap(old -> authenticator.refreshVisitorToken(request.exchange().getRequest(), old.visitorToken()))
                .flatMap(token -> ServerResponse.ok().bodyValue(new Answer(token.token(), token.expiresAt())));
    }

    private Mono<Old> old(ServerRequest request) {
        boolean isJson = request.headers().contentType().filter(MediaType.APPLICATION_JSON::isCompatibleWith)
                .isPresent();
        return (isJson ? bodies.readIfThere(request, Old.class) : Mono.<Old>empty()).defaultIfEmpty(new Old(null));
    }
}
