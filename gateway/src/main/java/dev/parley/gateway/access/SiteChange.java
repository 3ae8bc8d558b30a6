package dev.parley.gateway.access;

import org.jspecify.annotations.Nullable;

/** New values for a {@link Site}, already checked; what is absent stays as it is. */
public record SiteChange(@Nullable String name, @Nullable Long assistantId) {}
