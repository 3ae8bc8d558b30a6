package dev.parley.gateway.model;

/** Reads an address of Ollama as its own {@code OLLAMA_HOST} is read, so that one value serves both programs. */
final class OllamaUrl {

    private static final int OLLAMA_PORT = 11434;

    private OllamaUrl() {}

    /**
     * The address as a URL with scheme, host and port, and without a slash at its end. Without a scheme it is http, and the
     * port then defaults to Ollama's own.
     *
     * @throws IllegalArgumentException naming the setting, when it is no such address
     */
    static String normal(String address) {
        String text = address.strip();
        boolean hasScheme = text.contains("://");
        ModelUrl url = ModelUrl.parse(hasScheme ? text : "http://" + (text.startsWith(":") ? "localhost" : "") + text,
                address, "parley.ollama.urls", "http://host:port or host:port, without a user name");
        int defaultPort = url.scheme().equals("https") ? 443 : hasScheme ? 80 : OLLAMA_PORT;
        return (url.port() == ModelUrl.NO_PORT ? url.withPort(defaultPort) : url).toString();
    }
}
