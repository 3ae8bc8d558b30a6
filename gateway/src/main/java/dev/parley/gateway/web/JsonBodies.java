package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the JSON bodies of requests into records. Everything that can be wrong with a body ends in a
 * {@link dev.parley.gateway.problem.ProblemException}: {@code bad_request} with a detail that names the field, or
 * {@code too_large}, without reading on. A record may check its own values by throwing {@code BAD_REQUEST} in its
 * constructor.
 */
@Component
public final class JsonBodies {

    private final JsonMapper json;
    private final int maxBytes;

    JsonBodies(JsonMapper json, WebSettings settings) {
        this.json = json;
        this.maxBytes = Math.toIntExact(settings.maxBodyBytes().toBytes());
    }

    /** The body, which must be there: one JSON object in UTF-8, sent as {@code application/json}. */
    public <T> Mono<T> read(ServerRequest request, Class<T> type) {
        return Mono.defer(() -> {
            mustBeJson(request);
            return readIfThere(request, type);
        }).switchIfEmpty(Mono.error(() -> Problem.BAD_REQUEST.with("A body is needed: a JSON object")));
    }

    /** As {@link #read}, for a body that need not be there: then it is empty, and of no type. */
    public <T> Mono<T> readIfThere(ServerRequest request, Class<T> type) {
        return Mono.defer(() -> {
            if (request.headers().contentLength().orElse(0) > maxBytes) {
                return Mono.error(tooLarge());
            }
            return DataBufferUtils.join(request.exchange().getRequest().getBody(), maxBytes)
                    .onErrorMap(org.springframework.core.io.buffer.DataBufferLimitException.class, _ -> tooLarge())
                    .map(JsonBodies::bytes)
                    .filter(bytes -> bytes.length > 0)
                    .map(bytes -> parse(bytes, type));
        });
    }

    private <T> T parse(byte[] bytes, Class<T> type) {
        try {
            T value = json.readValue(bytes, type);
            if (value == null) {
                throw Problem.BAD_REQUEST.with("The body: expected an object");
            }
            return value;
        } catch (JacksonException wrong) {
            throw WrongJson.explain(Problem.BAD_REQUEST, wrong);
        }
    }

    private static byte[] bytes(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    /** Not only for tidiness: a page of a foreign site cannot send this type without asking first (CORS). */
    private static void mustBeJson(ServerRequest request) {
        boolean isJson;
        try {
            isJson = request.headers().contentType().filter(MediaType.APPLICATION_JSON::isCompatibleWith).isPresent();
        } catch (InvalidMediaTypeException wrong) {
            isJson = false;
        }
        if (!isJson) {
            throw Problem.BAD_REQUEST.with("Send the body as JSON with the header Content-Type: application/json");
        }
    }

    private RuntimeException tooLarge() {
        return Problem.TOO_LARGE.with("A body may have up to " + maxBytes + " bytes");
    }
}
