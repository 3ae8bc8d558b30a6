package dev.parley.gateway.access;

import java.time.Instant;

/** A token for a client. It opens everything that its owner may touch, so it belongs into answers and never into logs. */
public record IssuedToken(String token, Instant expiresAt) {

    @Override
    public String toString() {
        return "IssuedToken[expiresAt=%s]".formatted(expiresAt);
    }
}
