package dev.parley.gateway.access;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.parley.gateway.access.GatewaySecret.Purpose;
import dev.parley.gateway.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * The JWTs of users: {@code sub} user id, {@code name}, {@code roles}, {@code aud} {@code admin}. Name and roles are for
 * the client to read; what counts is the user's row at the time of a request. The claim {@code pwd} marks the password
 * that the token came from, so that a new password ends the tokens of the old one.
 */
final class OperatorTokens {

    static final String AUDIENCE = "admin";

    private final SecretKey key;
    private final SecretKey markKey;
    private final AccessSettings settings;
    private final InstantSource clock;
    private final ReadTokens<Claims> tokens = new ReadTokens<>();
    private final ReadTokens<String> marks = new ReadTokens<>();

    OperatorTokens(GatewaySecret secret, AccessSettings settings, InstantSource clock) {
        this.key = secret.key(Purpose.OPERATOR_TOKENS, "HmacSHA256");
        this.markKey = secret.key(Purpose.PASSWORD_MARKS, "HmacSHA256");
        this.settings = settings;
        this.clock = clock;
    }

    /** What a token says, still to be held against the user's row. */
    record Claims(long userId, String passwordMark, Instant expiresAt) {}

    IssuedToken issue(User user, String passwordHash) {
        Instant now = clock.instant();
        Instant end = Instant.ofEpochSecond(now.plus(settings.tokenLifetime()).getEpochSecond());
        List<String> roles = user.roles().stream().map(Caller.Role::code).sorted().toList();
        String token = Jwt.sign(new JWTClaimsSet.Builder().subject(Long.toString(user.id()))
                .audience(AUDIENCE)
                .claim("name", user.name())
                .claim("roles", roles)
                .claim("pwd", mark(passwordHash))
                .issueTime(Date.from(now))
                .expirationTime(Date.from(end))
                .build(), key);
        return new IssuedToken(token, end);
    }

    Claims check(String token) {
        Claims claims = tokens.read(token, this::read);
        if (!clock.instant().isBefore(claims.expiresAt())) {
            throw Problem.UNAUTHORIZED.with("Your login has expired: log in again");
        }
        return claims;
    }

    private Claims read(String token) {
        Jwt jwt = Jwt.checked(token, key);
        if (!jwt.isFor(AUDIENCE)) {
            throw Jwt.invalid("it is for another audience");
        }
        try {
            return new Claims(Long.parseLong(jwt.requiredText("sub")), jwt.requiredText("pwd"), jwt.expiresAt());
        } catch (NumberFormatException e) {
            throw Jwt.invalid("it has no user");
        }
    }

    /** Whether this hash is of the password that the token came from. */
    boolean isOf(String passwordHash, Claims claims) {
        return MessageDigest.isEqual(marks.read(passwordHash, this::mark).getBytes(StandardCharsets.UTF_8),
                claims.passwordMark().getBytes(StandardCharsets.UTF_8));
    }

    private String mark(String passwordHash) {
        try {
            Mac mac = Mac.getInstance(markKey.getAlgorithm());
            mac.init(markKey);
            byte[] mark = mac.doFinal(passwordHash.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(mark).substring(0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
