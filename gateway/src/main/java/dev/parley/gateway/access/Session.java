package dev.parley.gateway.access;

import java.time.Instant;

/** A caller, and until when its token says so. */
public record Session(Caller caller, Instant expiresAt) {}
