package dev.parley.gateway.database;

import dev.parley.gateway.settings.SettingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a database URL as PostgreSQL's own tools, JDBC and R2DBC write it. Complaints never repeat the URL, since it may
 * hold a password.
 */
final class DatabaseUrl {

    private static final String SETTING = "parley.database.url";
    private static final String FORM = " (allowed: postgresql://user:password@host:5432/database)";
    // Not java.net.URI: it knows no underscore in a host, and names in container networks have them.
    private static final Pattern URL = Pattern.compile("(?:(?:jdbc|r2dbc):)?postgres(?:ql)?://(?:(?<user>[^@/?]*)@)?"
            + "(?<host>\\[[0-9A-Fa-f:.%]+\\]|[^:/?,@\\[\\]]*)(?::(?<port>\\d{1,5}))?(?:/(?<database>[^?]*))?"
            + "(?:\\?(?<options>.*))?");
    private static final List<String> OPTIONS = List.of("user", "password", "sslmode", "sslrootcert");
    private static final List<String> SSL_MODES = List.of("disable", "allow", "prefer", "require", "verify-ca",
            "verify-full");

    private DatabaseUrl() {}

    static DatabaseAddress parse(String text, @Nullable String username, @Nullable String password) {
        Matcher url = URL.matcher(text.strip());
        if (!url.matches()) {
            throw new SettingException(SETTING, "is not understood" + FORM);
        }
        try {
            return address(url, username, password);
        } catch (IllegalArgumentException e) {
            throw new SettingException(SETTING, "has a percent sign that encodes nothing" + FORM);
        }
    }

    private static DatabaseAddress address(Matcher url, @Nullable String username, @Nullable String password) {
        Map<String, String> options = options(url.group("options"));
        String user = first(username, options.get("user"), part(url.group("user"), 0))
                .orElseThrow(() -> new SettingException(SETTING, "names no user: set PARLEY_DATABASE_USERNAME"));
        String host = first(url.group("host")).map(name -> name.replaceAll("[\\[\\]]", "")).orElse("localhost");
        int port = first(url.group("port")).map(Integer::parseInt).orElse(5432);
        if (port < 1 || port > 65_535) {
            throw new SettingException(SETTING, "has the port " + port + " (allowed: 1 to 65535)");
        }
        return new DatabaseAddress(host, port, first(url.group("database")).map(UrlText::decode).orElse(user), user,
                first(password, options.get("password"), part(url.group("user"), 1)).orElse(null),
                ssl(options.getOrDefault("sslmode", "prefer")), options.get("sslrootcert"));
    }

    private static Map<String, String> options(@Nullable String text) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : first(text).map(all -> all.split("&")).orElse(new String[0])) {
            String name = option.split("=", 2)[0];
            String known = name.toLowerCase(Locale.ROOT);
            if (!OPTIONS.contains(known) || known.length() == option.length()) {
                throw new SettingException(SETTING,
                        "has the option " + name + " (allowed: " + String.join(", ", OPTIONS)
                                + ", each with a value)");
            }
            options.put(known, UrlText.decode(option.substring(name.length() + 1)));
        }
        return options;
    }

    private static String ssl(String text) {
        String mode = text.toLowerCase(Locale.ROOT);
        if (!SSL_MODES.contains(mode)) {
            throw new SettingException(SETTING,
                    "has the sslmode " + text + " (allowed: " + String.join(", ", SSL_MODES) + ")");
        }
        return mode;
    }

    private static @Nullable String part(@Nullable String userInfo, int index) {
        String[] parts = first(userInfo).map(info -> info.split(":", 2)).orElse(new String[0]);
        return index < parts.length ? UrlText.decode(parts[index]) : null;
    }

    private static Optional<String> first(@Nullable String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isBlank()) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }
}
