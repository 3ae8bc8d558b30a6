package dev.parley.gateway.web;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.support.Netty4HeadersAdapter;

/**
 * What a request says before its body, whoever has received it: Spring, or Netty alone where a request must not cost what
 * Spring's view of it does. What is not asked for is not read.
 */
public final class RequestHead {

    private final HttpHeaders headers;
    private final @Nullable String query;
    private final Supplier<URI> address;

    private RequestHead(HttpHeaders headers, @Nullable String query, Supplier<URI> address) {
        this.headers = headers;
        this.query = query;
        this.address = address;
    }

    public static RequestHead of(ServerHttpRequest request) {
        return new RequestHead(request.getHeaders(), request.getURI().getRawQuery(), request::getURI);
    }

    /** As {@link #of(ServerHttpRequest)}, where only Netty has read it. */
    public static RequestHead of(HttpRequest request) {
        HttpHeaders headers = new HttpHeaders(new Netty4HeadersAdapter(request.headers()));
        int question = request.uri().indexOf('?');
        return new RequestHead(headers, question < 0 ? null : request.uri().substring(question + 1),
                () -> host(headers.getFirst(HttpHeaders.HOST)));
    }

    /** Whoever names no host, or what is none, has sent it to nowhere. */
    private static URI host(@Nullable String name) {
        try {
            return new URI("http://" + (name == null ? "" : name));
        } catch (URISyntaxException odd) {
            return URI.create("");
        }
    }

    public HttpHeaders headers() {
        return headers;
    }

    /** As it was sent, without the question mark. */
    public @Nullable String query() {
        return query;
    }

    /** To which host and port it was sent. */
    public URI address() {
        return address.get();
    }

    /** The first value of a parameter of the query. */
    public @Nullable String parameter(String name) {
        if (query == null) {
            return null;
        }
        for (int start = 0; start <= query.length(); start++) {
            int end = query.indexOf('&', start);
            end = end < 0 ? query.length() : end;
            int equals = query.indexOf('=', start);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            if (isNamed(name, query, start, nameEnd)) {
                return nameEnd == end ? "" : decoded(query, nameEnd + 1, end);
            }
            start = end;
        }
        return null;
    }

    private static boolean isNamed(String name, String query, int start, int end) {
        return query.startsWith(name, start) ? end - start == name.length() : decoded(query, start, end).equals(name);
    }

    private static String decoded(String query, int start, int end) {
        String text = query.substring(start, end);
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        try {
            return QueryStringDecoder.decodeComponent(text);
        } catch (IllegalArgumentException notEncoded) {
            return text; // whoever reads it says what was expected
        }
    }
}
