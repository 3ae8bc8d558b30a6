package dev.parley.gateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The part of a JWT that all kinds of tokens share: HS256 and nothing else, and always an end. What a claim means, and
 * whether the token has ended, is for those who use this. Whatever is wrong is {@code UNAUTHORIZED}.
 */
final class Jwt {

    /** Longer ones are not even read. */
    private static final int MAX_LENGTH = 4096;

    private final SignedJWT signed;
    private final JWTClaimsSet claims;

    private Jwt(SignedJWT signed, JWTClaimsSet claims) {
        this.signed = signed;
        this.claims = claims;
    }

    static String sign(JWTClaimsSet claims, SecretKey key) {
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.HS256).type(JOSEObjectType.JWT).build(), claims);
            token.sign(new MACSigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token whose signature was not looked at yet: only good for finding out which key to check it with. */
    static Jwt unchecked(String token) {
        if (token.length() > MAX_LENGTH) {
            throw invalid("it is longer than " + MAX_LENGTH + " characters");
        }
        try {
            // A token without a signature (alg "none") is refused by this parser.
            SignedJWT signed = SignedJWT.parse(token);
            if (!JWSAlgorithm.HS256.equals(signed.getHeader().getAlgorithm())) {
                throw invalid("its algorithm is not HS256");
            }
            return new Jwt(signed, signed.getJWTClaimsSet());
        } catch (ParseException | IllegalArgumentException e) {
            throw invalid("it is no signed JWT");
        }
    }

    static Jwt checked(String token, SecretKey key) {
        return unchecked(token).check(key);
    }

    /** This token, if the key has signed it. Headers that must be understood ({@code crit}) are not. */
    Jwt check(SecretKey key) {
        try {
            if (signed.verify(new MACVerifier(key))) {
                return this;
            }
        } catch (JOSEException | IllegalStateException e) {
            // Too short a key, a header that is not understood: no different for the client.
        }
        throw invalid("its signature is wrong");
    }

    @Nullable
    String keyId() {
        return signed.getHeader().getKeyID();
    }

    @Nullable
    String issuer() {
        return claims.getIssuer();
    }

    /** Whose it is by its own word. Sites make theirs as they like. */
    Audience audience() {
        return isFor(OperatorTokens.AUDIENCE)
                ? Audience.ADMIN
                : isFor(VisitorTokens.AUDIENCE) ? Audience.WIDGET : Audience.SITE;
    }

    boolean isFor(String audience) {
        return claims.getAudience().contains(audience);
    }

    /** A claim that is a string, or nothing where it is missing; another type is wrong. */
    @Nullable
    String text(String claim) {
        try {
            return claims.getStringClaim(claim);
        } catch (ParseException e) {
            throw invalid("its " + claim + " is no string");
        }
    }

    String requiredText(String claim) {
        String text = text(claim);
        if (text == null || text.isBlank()) {
            throw invalid("it has no " + claim);
        }
        return text;
    }

    /** The claim as a number, which must be there. */
    long number(String claim) {
        try {
            Long number = claims.getLongClaim(claim);
            if (number != null) {
                return number;
            }
        } catch (ParseException e) {
            // No number: as good as none.
        }
        throw invalid("it has no " + claim);
    }

    Instant expiresAt() {
        Date end = claims.getExpirationTime();
        if (end == null) {
            throw invalid("it has no exp");
        }
        return end.toInstant();
    }

    @Nullable
    Instant notBefore() {
        Date start = claims.getNotBeforeTime();
        return start == null ? null : start.toInstant();
    }

    static ProblemException invalid(String why) {
        return Problem.UNAUTHORIZED.with("This token cannot be used: " + why);
    }
}
