package dev.parley.gateway.cluster;

import java.time.Duration;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;
import tools.jackson.databind.JsonNode;

/** A gateway as who asks it over REST sees it. What is refused is an exception. */
record GatewayAt(String address) {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    WebClient client() {
        return WebClient.create(address);
    }

    JsonNode post(String path, String token, Map<String, ?> body) {
        return request(client().post().uri(path).contentType(MediaType.APPLICATION_JSON).bodyValue(body), token);
    }

    JsonNode get(String path, String token) {
        return request(client().get().uri(path), token);
    }

    JsonNode delete(String path, String token) {
        return request(client().delete().uri(path), token);
    }

    private static JsonNode request(WebClient.RequestHeadersSpec<?> request, String token) {
        return request.headers(headers -> {
            if (!token.isEmpty()) {
                headers.setBearerAuth(token);
            }
        }).retrieve().bodyToMono(JsonNode.class).blockOptional(PATIENCE).orElseThrow();
    }
}
