package dev.parley.gateway.access;

import java.time.Instant;

/**
 * A web site that signs its own users in (the format is told in {@code SiteTokens}).
 *
 * @param assistantId the assistant that its users talk to
 * @param disabled none of its tokens is good any more
 */
public record Site(long id, String name, long assistantId, boolean disabled, Instant createdAt, Instant updatedAt) {}
