package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.SiteUser;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongFunction;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Checks site tokens. The embedding site makes one for a person whom it has signed in, on its server, with any JWT
 * library; nothing has to be asked of the gateway for it. The format:
 *
 * <pre>{@code
 * header   {"alg": "HS256", "typ": "JWT", "kid": "<site id>"}
 * payload  {"sub": "<the site's own id of the person>",          1 to 200 characters
 *           "exp": <seconds since 1970, at most 24 hours ahead>,
 *           "name": "<what people see>",                         optional, up to 100 characters
 *           "iss": "<site id>"}                                  only where there is no kid
 * signed with the site's secret, the text as it was shown, as bytes of UTF-8
 * }</pre>
 *
 * {@code nbf} is respected where it is given; other claims are ignored. Another algorithm (or none), a missing
 * {@code exp}, an unknown or disabled site, a disabled assistant and a wrong signature are all {@code UNAUTHORIZED}.
 */
final class SiteTokens {

    private static final Logger log = LoggerFactory.getLogger(SiteTokens.class);

    private static final Duration MAX_LIFETIME = Duration.ofHours(24);
    /** How far the clock of a site may be off. It does not lengthen the life of a token. */
    private static final Duration SKEW = Duration.ofMinutes(1);
    private static final int MAX_ID_LENGTH = 200;
    private static final int MAX_NAME_LENGTH = 100;

    private final LongFunction<Mono<Sites.Known>> sites;
    private final InstantSource clock;

    /** @param sites finds a site by its id, or nothing */
    SiteTokens(LongFunction<Mono<Sites.Known>> sites, InstantSource clock) {
        this.sites = sites;
        this.clock = clock;
    }

    /** Whose token this is and until when. */
    Mono<Session> check(String token) {
        return Mono.defer(() -> {
            Jwt jwt = Jwt.unchecked(token);
            return sites.apply(siteId(jwt))
                    .switchIfEmpty(Mono.error(() -> Jwt.invalid("there is no such site, see kid or iss")))
                    .map(site -> session(site, jwt));
        });
    }

    private Session session(Sites.Known known, Jwt unchecked) {
        Site site = known.site();
        SecretKey key = known.key();
        if (key == null) {
            log.warn("The secret of site {} was sealed with another PARLEY_SECRET: rotate it", site.id());
            throw Problem.UNAUTHORIZED.with("This site's secret must be rotated");
        }
        Jwt jwt = unchecked.check(key);
        if (site.disabled()) {
            throw Problem.UNAUTHORIZED.with("This site is disabled");
        }
        Instant expiresAt = jwt.expiresAt();
        Instant now = clock.instant();
        if (!now.isBefore(expiresAt)) {
            throw Problem.UNAUTHORIZED.with("The site token has expired: the site has to make a new one");
        }
        if (expiresAt.isAfter(now.plus(MAX_LIFETIME).plus(SKEW))) {
            throw Jwt.invalid("its exp is more than 24 hours ahead");
        }
        Instant notBefore = jwt.notBefore();
        if (notBefore != null && notBefore.isAfter(now.plus(SKEW))) {
            throw Jwt.invalid("its nbf has not come yet");
        }
        return new Session(new SiteUser(site.id(), text("sub", jwt.requiredText("sub"), MAX_ID_LENGTH),
                site.assistantId(), name(jwt)), expiresAt);
    }

    private static @Nullable String name(Jwt jwt) {
        String name = jwt.text("name");
        return name == null || name.isBlank() ? null : text("name", name.strip(), MAX_NAME_LENGTH);
    }

    private static String text(String claim, String value, int max) {
        if (value.length() > max || value.codePoints().anyMatch(Character::isISOControl)) {
            throw Jwt.invalid("its " + claim + " is longer than " + max + " characters or holds control characters");
        }
        return value;
    }

    private static long siteId(Jwt jwt) {
        String id = jwt.keyId() != null ? jwt.keyId() : jwt.issuer();
        try {
            return Long.parseLong(id == null ? "" : id);
        } catch (NumberFormatException e) {
            throw Jwt.invalid("neither its header kid nor its claim iss is a site id");
        }
    }
}
