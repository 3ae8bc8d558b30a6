package dev.parley.gateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys, clocks and tokens for tests, among them tokens that nobody should believe. */
public final class TestTokens {

    static final String SECRET = "a secret of a gateway under test, long enough";
    static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    static final InstantSource CLOCK = InstantSource.fixed(NOW);

    private TestTokens() {}

    static AccessSettings settings() {
        return new AccessSettings(SECRET, Duration.ofHours(1), Duration.ofHours(24), List.of());
    }

    static GatewaySecret secret() {
        return new GatewaySecret(SECRET);
    }

    static InstantSource at(Duration later) {
        return InstantSource.fixed(NOW.plus(later));
    }

    /** A claims set with an end in an hour. */
    static JWTClaimsSet.Builder claims(String subject) {
        return new JWTClaimsSet.Builder().subject(subject).expirationTime(Date.from(NOW.plusSeconds(3600)));
    }

    static String sign(JWSAlgorithm algorithm, @Nullable String keyId, JWTClaimsSet claims, String secret) {
        try {
            SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(keyId).build(), claims);
            token.sign(new MACSigner(secret.getBytes(StandardCharsets.UTF_8)));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a site signs for a user of its own, good for an hour from now. */
    public static String ofSite(String siteId, String secret, String subject) {
        return sign(JWSAlgorithm.HS256, siteId, new JWTClaimsSet.Builder().subject(subject)
                .expirationTime(Date.from(Instant.now().plusSeconds(3600)))
                .build(), secret);
    }

    /** As {@link #ofSite}, but it ended a minute ago. */
    public static String endedOfSite(String siteId, String secret, String subject) {
        return sign(JWSAlgorithm.HS256, siteId, new JWTClaimsSet.Builder().subject(subject)
                .expirationTime(Date.from(Instant.now().minusSeconds(60)))
                .build(), secret);
    }

    /** The token with its header replaced, and its signature kept. */
    static String withHeader(String token, String header) {
        return base64(header) + token.substring(token.indexOf('.'));
    }

    /** The token with its payload replaced, and its signature kept. */
    static String withPayload(String token, String payload) {
        return token.substring(0, token.indexOf('.') + 1) + base64(payload) + token.substring(token.lastIndexOf('.'));
    }

    /** The token as those who believe in {@code alg: none} would write it. */
    static String unsigned(String token) {
        return base64("{\"alg\":\"none\"}") + "." + token.substring(token.indexOf('.') + 1, token.lastIndexOf('.') + 1);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
