package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Operator;
import dev.parley.gateway.problem.Problem;
import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Lets users in. An unknown username and a wrong password look the same, also by the time they take; guessing is slowed
 * down ({@code RATE_LIMITED} with the time to wait). Passwords are checked away from the event loops.
 */
@Component
public final class Logins {

    private final Users users;
    private final Passwords passwords;
    private final OperatorTokens tokens;
    private final LoginThrottle throttle;

    Logins(Users users, Passwords passwords, OperatorTokens tokens, LoginThrottle throttle) {
        this.users = users;
        this.passwords = passwords;
        this.tokens = tokens;
        this.throttle = throttle;
    }

    /** A user who is in, and the token to show from now on. */
    public record Login(IssuedToken token, User user) {}

    /** @param address where the attempt comes from, if that is known */
    public Mono<Login> login(String username, String password, @Nullable InetAddress address) {
        return throttle.attempt(username, address, known(username, password))
                .flatMap(Mono::justOrEmpty)
                .switchIfEmpty(Mono.error(Logins::wrong))
                .map(this::login);
    }

    /** Whoever has this name and this password, or nobody. */
    private Mono<Optional<Users.Known>> known(String username, String password) {
        return users.withUsername(username)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .filterWhen(known -> known.map(user -> passwords.matches(password, user.passwordHash()))
                        .orElseGet(() -> passwords.matchesNobody(password)))
                .defaultIfEmpty(Optional.empty());
    }

    /** A new token for a user who still has a good one. */
    public Mono<Login> refresh(Operator operator) {
        return users.known(operator.userId())
                .switchIfEmpty(Mono.error(() -> Jwt.invalid("there is no such user")))
                .map(this::login);
    }

    private Login login(Users.Known known) {
        if (known.user().disabled()) {
            throw Problem.UNAUTHORIZED.with("This account is disabled");
        }
        return new Login(tokens.issue(known.user(), known.passwordHash()), known.user());
    }

    private static RuntimeException wrong() {
        return Problem.UNAUTHORIZED.with("Unknown username or wrong password");
    }
}
