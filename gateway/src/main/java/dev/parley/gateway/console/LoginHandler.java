package dev.parley.gateway.console;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller.Operator;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.access.Logins;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code /api/auth/…}: in with a password, on with a token. */
@Component
final class LoginHandler {

    private static final int MAX_PASSWORD = 1000;

    private final Logins logins;
    private final Authenticator authenticator;
    private final ClientAddresses addresses;
    private final JsonBodies bodies;

    LoginHandler(Logins logins, Authenticator authenticator, ClientAddresses addresses, JsonBodies bodies) {
        this.logins = logins;
        this.authenticator = authenticator;
        this.addresses = addresses;
        this.bodies = bodies;
    }

    private record Attempt(@Nullable String username, @Nullable String password) {

        /** Without the password, for it would get into logs. */
        @Override
        public String toString() {
            return "Attempt[username=%s]".formatted(username);
        }
    }

    private record Person(long id, String name, Set<Role> roles) {

        Person {
            roles = new TreeSet<>(roles);
        }
    }

    private record Answer(String token, Instant expiresAt, Person user) {

        /** Without the token: Spring logs what it encodes. */
        @Override
        public String toString() {
            return "Answer[user=%s]".formatted(user);
        }

        static Answer of(Logins.Login login) {
            return new Answer(login.token().token(), login.token().expiresAt(),
                    new Person(login.user().id(), login.user().name(), login.user().roles()));
        }
    }

    Mono<ServerResponse> login(ServerRequest request) {
        return bodies.read(request, Attempt.class)
                .flatMap(attempt -> logins.login(Fields.line("username", attempt.username(), 1, UserHandler.MAX_NAME),
                        Fields.text("password", attempt.password(), 1, MAX_PASSWORD),
                        addresses.of(request.exchange().getRequest())))
                .flatMap(login -> ServerResponse.ok().bodyValue(Answer.of(login)));
    }

    Mono<ServerResponse> refresh(ServerRequest request) {
        return caller(request).flatMap(logins::refresh)
                .flatMap(login -> ServerResponse.ok().bodyValue(Answer.of(login)));
    }

    Mono<ServerResponse> me(ServerRequest request) {
        return caller(request)
                .map(operator -> new Person(operator.userId(), operator.name(), operator.roles()))
                .flatMap(person -> ServerResponse.ok().bodyValue(person));
    }

    private Mono<Operator> caller(ServerRequest request) {
        return authenticator.authenticate(Audience.ADMIN, request).map(session -> (Operator) session.caller());
    }
}
