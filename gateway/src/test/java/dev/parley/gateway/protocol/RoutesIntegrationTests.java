package dev.parley.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import tools.jackson.databind.JsonNode;

/** Whether the documents are there, and speak of the paths that there are. */
class RoutesIntegrationTests extends RunningGateway {

    /** Of {@link dev.parley.gateway.FailingRoutes}. */
    private static final String FOR_TESTS = " /api/test/";

    /** Of health: its groups. */
    private static final String ALL_BELOW = "/{*path}";

    private final Described openApi = Described.openApi();
    private final Described asyncApi = Described.asyncApi();

    @Test
    void everyRouteIsDescribed(@Autowired ApplicationContext context) {
        Set<String> described = Set.copyOf(operations());
        assertThat(Routes.of(context)).hasSizeGreaterThan(60)
                .filteredOn(route -> !route.contains(FOR_TESTS))
                .allSatisfy(route -> assertThat(described).anyMatch(operation -> route.endsWith(ALL_BELOW)
                        ? operation.startsWith(route.replace(ALL_BELOW, "/"))
                        : operation.equals(route)));
    }

    @Test
    void everythingThatIsDescribedIsThere() {
        for (String operation : operations()) {
            String[] parts = operation.split(" ", 2);
            client().method(HttpMethod.valueOf(parts[0]))
                    .uri(parts[1].replaceAll("\\{.*?}", "1"))
                    .exchange()
                    .expectStatus()
                    .value(status -> assertThat(status).as(operation).isNotIn(404, 405, 500))
                    .expectBody()
                    .returnResult();
        }
    }

    @Test
    void everyChannelIsAWebSocketThatIsDescribedInBothDocuments() {
        List<String> addresses = asyncApi.root().path("channels").valueStream()
                .map(channel -> channel.path("address").asString().replace("{dialog_id}", "{id}")).toList();
        assertThat(addresses).containsExactlyInAnyOrderElementsOf(openApi.root().path("paths").propertyNames().stream()
                .filter(path -> path.equals("/ws") || path.startsWith("/ws/")).toList());
    }

    @Test
    void everybodyMayReadTheDocumentsAndIsToldWhenTheyAreTheSame() {
        for (String path : List.of("/openapi.json", "/asyncapi.json")) {
            EntityExchangeResult<byte[]> first = client().get().uri(path).exchange()
                    .expectStatus().isOk()
                    .expectHeader().contentType(MediaType.APPLICATION_JSON)
                    .expectHeader().valueEquals(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .expectHeader().valueEquals(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                    .expectBody().returnResult();
            JsonNode document = Described.JSON.readTree(first.getResponseBodyContent());
            assertThat(document.path("info").path("title").asString()).startsWith("Parley");
            client().get().uri(path).header(HttpHeaders.IF_NONE_MATCH,
                    String.valueOf(first.getResponseHeaders().getETag())).exchange()
                    .expectStatus().isNotModified().expectBody().isEmpty();
        }
    }

    private List<String> operations() {
        List<String> operations = new ArrayList<>();
        openApi.root().path("paths").properties().forEach(path -> path.getValue().propertyNames().stream()
                .filter(name -> !name.equals("parameters"))
                .forEach(method -> operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
        return operations;
    }
}
