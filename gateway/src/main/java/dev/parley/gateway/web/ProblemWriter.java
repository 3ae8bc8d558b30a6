package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Writes failures as {@code application/problem+json} (PROTOCOL section 6). */
@Component
public final class ProblemWriter {

    private static final Logger log = LoggerFactory.getLogger(ProblemWriter.class);

    private final JsonMapper json;

    ProblemWriter(JsonMapper json) {
        this.json = json;
    }

    /** The fields of PROTOCOL section 6. */
    private record Body(URI type, String title, int status, @Nullable String detail, String code,
            @Nullable Long retryAfterMs) {}

    /** Answers with what the failure amounts to. */
    public Mono<Void> write(ServerHttpRequest request, ServerHttpResponse response, Throwable failure) {
        Answer answer = answer(request.getMethod().name(), request.getPath().value(), failure);
        response.setStatusCode(HttpStatusCode.valueOf(answer.status));
        response.getHeaders().putAll(answer.headers);
        return request.getMethod().equals(HttpMethod.HEAD)
                ? response.setComplete()
                : response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(answer.body)));
    }

    /** What a client is answered. */
    public static final class Answer {
        private final int status;
        private final HttpHeaders headers;
        private final byte[] body;

        private Answer(int status, HttpHeaders headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }

        public int status() {
            return status;
        }

        public HttpHeaders headers() {
            return headers;
        }

        /** Nobody writes to it. */
        public byte[] body() {
            return body;
        }
    }

    /**
     * What {@link #write} answers, for those who write it themselves. What nobody foresaw is logged, with its stack trace and
     * without the query (which may hold a token), and the client learns nothing of it but {@code internal_error}.
     */
    public Answer answer(String method, String path, Throwable failure) {
        ProblemException problem = Problems.of(failure);
        if (problem.problem() == Problem.INTERNAL_ERROR && !(failure instanceof ProblemException)) {
            log.error("{} {} failed", method, path, failure);
        }
        Problem kind = problem.problem();
        Duration retryAfter = problem.retryAfter();
        byte[] body = json.writeValueAsBytes(new Body(URI.create("urn:parley:problem:" + kind.code()), kind.title(),
                kind.status(), problem.detail(), kind.code(), retryAfter == null ? null : retryAfter.toMillis()));
        HttpHeaders headers = new HttpHeaders();
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        headers.setContentLength(body.length);
        headers.setCacheControl("no-store");
        if (kind == Problem.UNAUTHORIZED) {
            headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (retryAfter != null) {
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(Math.ceilDiv(retryAfter.toMillis(), 1000)));
        }
        return new Answer(kind.status(), headers, body);
    }
}
