package dev.parley.gateway.transport;

import dev.parley.gateway.web.ProblemWriter;
import dev.parley.gateway.web.SecurityHeaders;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.ReadOnlyHttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.http.HttpHeaders;

/** How polls are answered over HTTP. Most answers have the same headers, so those are made once. */
final class PollResponses {

    /** Names and values in turns, and room for the length of the body at the end. */
    private static final CharSequence[] COMMON = common();

    private PollResponses() {}

    private static CharSequence[] common() {
        List<CharSequence> all = new ArrayList<>(
                List.of(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON,
                        HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE));
        house().forEach((name, values) -> {
            all.add(AsciiString.of(name));
            all.add(AsciiString.of(String.join(", ", values)));
        });
        all.add(HttpHeaderNames.CONTENT_LENGTH);
        all.add("");
        return all.toArray(CharSequence[]::new);
    }

    private static HttpHeaders house() {
        HttpHeaders house = new HttpHeaders();
        SecurityHeaders.add(house, PollEndPoint.PATH);
        return house;
    }

    /** @param page what the page that asks has to know besides */
    static FullHttpResponse ok(byte[] json, HttpHeaders page) {
        CharSequence[] headers = Arrays.copyOf(COMMON, COMMON.length);
        headers[headers.length - 1] = Integer.toString(json.length);
        io.netty.handler.codec.http.HttpHeaders all = new ReadOnlyHttpHeaders(false, headers);
        if (!page.isEmpty()) {
            all = unchecked().add(all);
            addTo(all, page);
        }
        return response(HttpResponseStatus.OK, json, all);
    }

    static FullHttpResponse refusal(ProblemWriter.Answer problem, HttpHeaders page) {
        io.netty.handler.codec.http.HttpHeaders all = unchecked();
        addTo(all, problem.headers());
        addTo(all, house());
        addTo(all, page);
        return response(HttpResponseStatus.valueOf(problem.status()), problem.body(), all);
    }

    /** The same, which tells the client that nothing more comes over this connection. */
    static FullHttpResponse last(FullHttpResponse response) {
        io.netty.handler.codec.http.HttpHeaders all = unchecked().add(response.headers())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return new DefaultFullHttpResponse(response.protocolVersion(), response.status(), response.content(), all,
                response.trailingHeaders());
    }

    /** They are our own. */
    private static io.netty.handler.codec.http.HttpHeaders unchecked() {
        return DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    }

    private static void addTo(io.netty.handler.codec.http.HttpHeaders all, HttpHeaders more) {
        more.forEach((name, values) -> values.forEach(value -> all.add(name, value)));
    }

    private static FullHttpResponse response(HttpResponseStatus status, byte[] body,
            io.netty.handler.codec.http.HttpHeaders headers) {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body), headers,
                EmptyHttpHeaders.INSTANCE);
    }
}
