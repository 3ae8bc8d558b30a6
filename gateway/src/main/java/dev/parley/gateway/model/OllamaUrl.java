package dev.parley.gateway.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads an address of Ollama as its own {@code OLLAMA_HOST} is read, so that one value serves both programs. */
final class OllamaUrl {

    private static final int OLLAMA_PORT = 11434;

    private OllamaUrl() {}

    /**
     * The address as a URL with scheme, host and port, and without a slash at its end. Without a scheme it is http, and the
     * port then defaults to Ollama's own. An address that means "every network" to a server means this machine to a client.
     *
     * @throws IllegalArgumentException naming the setting, when it is no such address
     */
    static String normal(String address) {
        String text = address.strip();
        boolean hasScheme = text.contains("://");
        URI uri = parse(hasScheme ? text : "http://" + (text.startsWith(":") ? "localhost" : "") + text, address);
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        boolean plain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
        if (uri.getHost() == null || !plain || !(scheme.equals("http") || scheme.equals("https"))) {
            throw invalid(address, null);
        }
        int defaultPort = scheme.equals("https") ? 443 : hasScheme ? 80 : OLLAMA_PORT;
        int port = uri.getPort() < 0 ? defaultPort : uri.getPort();
        if (port < 1 || port > 65_535) {
            throw invalid(address, null);
        }
        String host = switch (uri.getHost()) {
            case "0.0.0.0", "[::]" -> "localhost";
            default -> uri.getHost();
        };
        return scheme + "://" + host + ":" + port + uri.getRawPath().replaceFirst("/+$", "");
    }

    private static URI parse(String url, String address) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw invalid(address, e);
        }
    }

    private static IllegalArgumentException invalid(String address,
            @Nullable Exception cause) {
        // Not the address as it is: a password may be in it.
        String shown = address.replaceFirst("//[^/]*@", "//…@");
        return new IllegalArgumentException(
                "parley.ollama.urls: " + shown + " (expected: http://host:port or host:port, without a user name)",
                cause);
    }
}
