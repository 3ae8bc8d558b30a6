package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Role;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Somebody who logs in: an administrator, an operator or a member of channels.
 *
 * @param username how the user logs in; unique, upper and lower case being the same
 * @param name what people see
 * @param disabled cannot log in, and no token is good any more
 */
public record User(long id, String username, String name, Set<Role> roles, boolean disabled, Instant createdAt,
        Instant updatedAt) {

    /** Keeps the roles in one order, so that answers do not vary. */
    public User {
        EnumSet<Role> ordered = EnumSet.noneOf(Role.class);
        ordered.addAll(roles);
        roles = Collections.unmodifiableSet(ordered);
    }

    /** This user as the caller of a request. */
    Caller.Operator caller() {
        return new Caller.Operator(id, name, roles);
    }
}
