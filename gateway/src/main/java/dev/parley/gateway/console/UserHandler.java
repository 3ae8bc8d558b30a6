package dev.parley.gateway.console;

import dev.parley.gateway.access.AdministratorsOnly;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.access.User;
import dev.parley.gateway.access.UserChange;
import dev.parley.gateway.access.Users;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import dev.parley.gateway.web.Parameters;
import java.net.URI;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code /api/users}. No answer holds a password or its hash. */
@Component
final class UserHandler {

    static final int MAX_NAME = 100;

    private final Users users;
    private final JsonBodies bodies;

    UserHandler(Users users, JsonBodies bodies) {
        this.users = users;
        this.bodies = bodies;
    }

    Mono<ServerResponse> list(ServerRequest request) {
        Page page = Page.of(request);
        return users.list(page.afterId(), page.readLimit()).flatMap(found -> page.answer("users", found, User::id));
    }

    Mono<ServerResponse> create(ServerRequest request) {
        return bodies.read(request, UserChange.class)
                .flatMap(first -> {
                    String username = username(Fields.required("username", first.username()));
                    return users.create(username, first.name() == null ? username : name(first.name()),
                            password(Fields.required("password", first.password())),
                            roles(Fields.required("roles", first.roles())));
                })
                .flatMap(user -> ServerResponse.created(URI.create("/api/users/" + user.id())).bodyValue(user));
    }

    Mono<ServerResponse> read(ServerRequest request) {
        return answer(users.read(Parameters.pathId(request, "id")));
    }

    Mono<ServerResponse> change(ServerRequest request) {
        long id = Parameters.pathId(request, "id");
        return answer(bodies.read(request, UserChange.class).flatMap(change -> users.change(id, checked(change))));
    }

    Mono<ServerResponse> disable(ServerRequest request) {
        long id = Parameters.pathId(request, "id");
        if (AdministratorsOnly.caller(request).userId() == id) {
            throw Problem.CONFLICT.with("You cannot disable yourself: ask another administrator");
        }
        return answer(users.setDisabled(id, true));
    }

    Mono<ServerResponse> enable(ServerRequest request) {
        return answer(users.setDisabled(Parameters.pathId(request, "id"), false));
    }

    private static Mono<ServerResponse> answer(Mono<User> user) {
        return user.flatMap(found -> ServerResponse.ok().bodyValue(found));
    }

    private static UserChange checked(UserChange change) {
        return new UserChange(Fields.ifGiven(change.username(), UserHandler::username),
                Fields.ifGiven(change.name(), UserHandler::name),
                Fields.ifGiven(change.password(), UserHandler::password),
                Fields.ifGiven(change.roles(), UserHandler::roles));
    }

    private static String username(String given) {
        String username = Fields.line("username", given, 1, MAX_NAME);
        if (username.codePoints().anyMatch(Character::isWhitespace)) {
            throw Fields.wrong("username", "may not hold spaces");
        }
        return username;
    }

    private static String name(String given) {
        return Fields.line("name", given, 1, MAX_NAME);
    }

    private static String password(String given) {
        if (!Users.allowsPassword(given)) {
            throw Fields.wrong("password", Users.PASSWORD_RULE);
        }
        return given;
    }

    private static Set<Role> roles(Set<Role> given) {
        if (given.isEmpty()) {
            throw Fields.wrong("roles", "expected at least one of admin, operator, member");
        }
        return given;
    }
}
