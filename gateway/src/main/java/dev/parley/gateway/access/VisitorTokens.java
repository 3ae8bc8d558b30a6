package dev.parley.gateway.access;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.access.GatewaySecret.Purpose;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of visitors: {@code sub} visitor id, {@code assistant}, {@code name} where there is one, {@code aud}
 * {@code widget}. A token is all that a visitor has; who loses it starts afresh. Nothing here waits or blocks.
 */
public final class VisitorTokens {

    static final String AUDIENCE = "widget";
    private static final Duration REFRESHABLE = Duration.ofDays(7);

    private final SecretKey key;
    private final RandomText random;
    private final AccessSettings settings;
    private final InstantSource clock;
    private final ReadTokens<Session> tokens = new ReadTokens<>();

    VisitorTokens(GatewaySecret secret, RandomText random, AccessSettings settings, InstantSource clock) {
        this.key = secret.key(Purpose.VISITOR_TOKENS, "HmacSHA256");
        this.random = random;
        this.settings = settings;
        this.clock = clock;
    }

    /** Somebody who comes for the first time: a visitor with a new id that nobody can guess. */
    public Visitor newVisitor(long assistantId, @Nullable String name) {
        return new Visitor("v_" + random.urlSafe(16), assistantId, name);
    }

    /** A token for this visitor, from now on. Whoever has it is this visitor. */
    public IssuedToken issue(Visitor visitor) {
        Instant now = clock.instant();
        Instant end = Instant.ofEpochSecond(now.plus(settings.visitorTokenLifetime()).getEpochSecond());
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder().subject(visitor.id())
                .audience(AUDIENCE)
                .claim("assistant", visitor.assistantId())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(end));
        if (visitor.name() != null) {
            claims.claim("name", visitor.name());
        }
        return new IssuedToken(Jwt.sign(claims.build(), key), end);
    }

    /** Whose token this is and until when. */
    Session check(String token) {
        Session session = tokens.read(token, this::read);
        if (!clock.instant().isBefore(session.expiresAt())) {
            throw Problem.UNAUTHORIZED.with("The visitor token has expired: get a new one from POST /api/widget/token");
        }
        return session;
    }

    /** As {@link #check}, but a token that ended less than seven days ago is good enough to get a new one. */
    Session checkForRefresh(String token) {
        Session session = tokens.read(token, this::read);
        if (!clock.instant().isBefore(session.expiresAt().plus(REFRESHABLE))) {
            throw Problem.UNAUTHORIZED.with("The visitor token expired too long ago: start a new conversation");
        }
        return session;
    }

    private Session read(String token) {
        Jwt jwt = Jwt.checked(token, key);
        if (!jwt.isFor(AUDIENCE)) {
            throw Jwt.invalid("it is for another audience");
        }
        return new Session(new Visitor(jwt.requiredText("sub"), jwt.number("assistant"), jwt.text("name")),
                jwt.expiresAt());
    }
}
