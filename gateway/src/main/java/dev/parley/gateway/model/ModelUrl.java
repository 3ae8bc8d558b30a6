package dev.parley.gateway.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where a server of models is.
 *
 * @param port -1 where none is given
 * @param path without a slash at its end
 */
record ModelUrl(String scheme, String host, int port, String path) {

    static final int NO_PORT = -1;

    /**
     * Reads an {@code http} or {@code https} URL. An address that means "every network" to a server means this machine to a
     * client.
     *
     * @param url what to read
     * @param given what somebody has set, to be shown in the complaint
     * @param setting its name
     * @param expected what it has to look like
     * @throws IllegalArgumentException naming the setting, when it is no such URL. Without a cause, in which the URL would
     * stand as it is: a password may be in it
     */
    static ModelUrl parse(String url, String given, String setting, String expected) {
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            boolean isPlain = uri.getRawUserInfo() == null && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
            boolean isPort = uri.getPort() == NO_PORT || (uri.getPort() >= 1 && uri.getPort() <= 65_535);
            if (uri.getHost() != null && isPlain && isPort && (scheme.equals("http") || scheme.equals("https"))) {
                String host = switch (uri.getHost()) {
                    case "0.0.0.0", "[::]" -> "localhost";
                    default -> uri.getHost();
                };
                return new ModelUrl(scheme, host, uri.getPort(), uri.getRawPath().replaceFirst("/+$", ""));
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new IllegalArgumentException(
                setting + ": " + given.replaceFirst("//[^/]*@", "//…@") + " (expected: " + expected + ")");
    }

    ModelUrl withPort(int other) {
        return new ModelUrl(scheme, host, other, path);
    }

    /** As a URL, without a slash at its end. */
    @Override
    public String toString() {
        return scheme + "://" + host + (port == NO_PORT ? "" : ":" + port) + path;
    }
}
