package dev.parley.gateway.access;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is calling, as far as a checked token says. There is one kind for each audience of PROTOCOL section 1. */
public sealed interface Caller {

    /**
     * Names this caller among all callers, for limits, fairness and "the caller's answers". Never shown to anybody else.
     */
    String key();

    /** The id that the caller's messages carry as {@code sender_id}. */
    String id();

    /** What people see of the caller, where it has a name. */
    @Nullable
    String name();

    /** On what its right to be here rests, beside its token. */
    Ground ground();

    /** All who have the same ground lose their right together: where the user, the site or the assistant is disabled. */
    record Ground(@Nullable Long userId, @Nullable Long siteId, @Nullable Long assistantId) {}

    /** A person in a browser widget: known by a visitor token, and only to the assistant that gave it. */
    record Visitor(String id, long assistantId, @Nullable String name) implements Caller {
        @Override
        public String key() {
            return "visitor:" + id;
        }

        @Override
        public Ground ground() {
            return new Ground(null, null, assistantId);
        }
    }

    /** A person whom the embedding site has signed in; {@code id} is the site's own, unique only within the site. */
    record SiteUser(long siteId, String id, long assistantId, @Nullable String name) implements Caller {
        @Override
        public String key() {
            return "site:" + siteId + ":" + id;
        }

        @Override
        public Ground ground() {
            return new Ground(null, siteId, assistantId);
        }
    }

    /** A human operator, or a member of channels. */
    record Operator(long userId, String name, Set<Role> roles) implements Caller {

        public Operator {
            roles = Set.copyOf(roles);
        }

        @Override
        public String key() {
            return "user:" + userId;
        }

        @Override
        public Ground ground() {
            return new Ground(userId, null, null);
        }

        @Override
        public String id() {
            return Long.toString(userId);
        }

        /** Whether this is somebody who answers visitors, and not a member of channels alone. */
        public boolean answersVisitors() {
            return is(Role.OPERATOR) || is(Role.ADMIN);
        }

        public boolean is(Role role) {
            return roles.contains(role);
        }
    }

    /** What a user may do. Every user may read and write in the channels that they are a member of. */
    enum Role {
        /** Manages assistants, sites and users, and may do all that an operator may. */
        ADMIN,
        /** Reads, answers and takes over the dialogs of visitors. */
        OPERATOR,
        /** Takes part in channels only. */
        MEMBER;

        /** The name in tokens, in the database and on the wire, such as {@code admin}. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
