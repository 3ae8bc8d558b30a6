package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Role;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * New values for a {@link User}, already checked; what is absent stays as it is.
 *
 * @param password 10 to 72 bytes of UTF-8; a new one ends all tokens of the user
 */
public record UserChange(@Nullable String username, @Nullable String name, @Nullable String password,
        @Nullable Set<Role> roles) {

    public UserChange {
        roles = roles == null ? null : Set.copyOf(roles);
    }

    /** Without the password, for it would get into logs. */
    @Override
    public String toString() {
        return "UserChange[username=%s, name=%s, roles=%s]".formatted(username, name, roles);
    }
}
