package dev.parley.gateway.access;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The first administrator, who is created at a start that finds none.
 *
 * @param username how the administrator logs in
 * @param password 10 to 72 bytes; when not given, one is made and printed once
 */
@ConfigurationProperties("parley.admin")
record AdminSettings(@DefaultValue("admin") String username, @Nullable String password) {

    /** Without the password, for it would get into logs. */
    @Override
    public String toString() {
        return "AdminSettings[username=%s]".formatted(username);
    }
}
