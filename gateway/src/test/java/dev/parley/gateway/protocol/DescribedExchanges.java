package dev.parley.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.web.util.UriComponentsBuilder;
import tools.jackson.databind.JsonNode;

/** Holds what a client sent and got against the OpenAPI document, and remembers which operations have served it. */
public final class DescribedExchanges {

    private static final String EVENT_STREAM = "text/event-stream";

    private final Described openApi = Described.openApi();
    private final Set<String> served = new TreeSet<>();

    /** Fails where this is not described. */
    public void see(EntityExchangeResult<?> exchange) {
        String operation = operation(exchange.getMethod().name(), exchange.getUrl().getPath());
        String where = "%s %s %s".formatted(exchange.getMethod(), exchange.getUrl(), exchange.getStatus());
        String response = response(operation, exchange.getStatus().value());
        assertThat(response).as(where).isNotNull();
        byte[] body = exchange.getResponseBodyContent();
        MediaType type = exchange.getResponseHeaders().getContentType();
        if (body == null || body.length == 0 || type == null) {
            assertThat(openApi.at(response).has("content")).as("%s has no body", where).isFalse();
        } else {
            String content = "%s/content/%s".formatted(response, Described.escaped(withoutParameters(type)));
            assertThat(openApi.at(content).isMissingNode()).as("%s: %s", where, type).isFalse();
            if (type.getSubtype().endsWith("json")) {
                assertThat(openApi.faults(content + "/schema", Described.JSON.readTree(body))).as(where).isEmpty();
            }
        }
        if (exchange.getStatus().is2xxSuccessful()) {
            seeRequest(exchange, operation, where);
            served.add(operation);
        }
    }

    private void seeRequest(EntityExchangeResult<?> exchange, String operation, String where) {
        byte[] body = exchange.getRequestBodyContent();
        if (body != null && body.length > 0) {
            assertThat(openApi.faults(operation + "/requestBody/content/application~1json/schema",
                    Described.JSON.readTree(body))).as(where).isEmpty();
        }
        assertThat(parameters(operation)).as(where).containsAll(UriComponentsBuilder.fromUri(exchange.getUrl()).build()
                .getQueryParams().keySet());
    }

    /** The same for what came of a stream of server-sent events. */
    public void see(String path, List<JsonNode> events) {
        String operation = operation("GET", path);
        String schema = "%s/content/%s/schema".formatted(response(operation, 200), Described.escaped(EVENT_STREAM));
        assertThat(events).isNotEmpty().allSatisfy(
                event -> assertThat(openApi.faults(schema, event)).as("%s", event).isEmpty());
        served.add(operation);
    }

    /** Operations that are described, but have served nobody, as {@code GET /path}; WebSockets are none of them. */
    public List<String> notServed() {
        return openApi.at("/paths").properties().stream()
                .filter(path -> !path.getKey().equals("/ws") && !path.getKey().startsWith("/ws/"))
                .flatMap(path -> methods(path.getValue())
                        .filter(method -> !served.contains(pointer(path.getKey(), method)))
                        .map(method -> method.toUpperCase(Locale.ROOT) + " " + path.getKey()))
                .toList();
    }

    private static Stream<String> methods(JsonNode path) {
        return path.propertyNames().stream().filter(name -> !name.equals("parameters"));
    }

    private String operation(String method, String path) {
        return openApi.at("/paths").properties().stream().map(Map.Entry::getKey)
                .filter(template -> Pattern.matches(template.replace(".", "\\.").replaceAll("\\{.*?}", "[^/]+"), path))
                .map(template -> pointer(template, method.toLowerCase(Locale.ROOT)))
                .filter(pointer -> !openApi.at(pointer).isMissingNode())
                .findFirst()
                .orElseThrow(() -> new AssertionError("%s %s is not described".formatted(method, path)));
    }

    private static String pointer(String template, String method) {
        return "/paths/%s/%s".formatted(Described.escaped(template), method);
    }

    /** Where the response is described, by itself or among those that many share. */
    private String response(String operation, int status) {
        JsonNode responses = openApi.at(operation + "/responses");
        String name = responses.has(Integer.toString(status)) ? Integer.toString(status) : "default";
        JsonNode response = responses.path(name);
        return response.has("$ref")
                ? response.path("$ref").asString().substring(1)
                : operation + "/responses/" + name;
    }

    private Set<String> parameters(String operation) {
        return openApi.at(operation + "/parameters").valueStream()
                .map(parameter -> openApi.resolved(parameter).path("name").asString()).collect(Collectors.toSet());
    }

    private static String withoutParameters(MediaType type) {
        return type.getType() + "/" + type.getSubtype();
    }
}
