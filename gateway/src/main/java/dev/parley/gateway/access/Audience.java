package dev.parley.gateway.access;

import java.util.Locale;

/** Whom a request or a connection speaks for (PROTOCOL section 1). Each has a kind of token of its own. */
public enum Audience {
    /** A visitor in a browser widget, with a visitor token. */
    WIDGET("visitor_token"),
    /** A person whom the embedding site has signed in, with a site token. */
    SITE("site_token"),
    /** An operator, an administrator or a member of channels, with a JWT from the login. */
    ADMIN("token");

    private final String parameter;

    Audience(String parameter) {
        this.parameter = parameter;
    }

    /** The name on the wire. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The query parameter that may carry the token. */
    String parameter() {
        return parameter;
    }
}
