package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.access.TestTokens;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.transport.TestSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Whoever may not be here any more is thrown off all nodes, whichever of them was told so. */
@ResourceLock(Lanes.NODES)
class WithdrawnAcrossNodesIntegrationTests {

    private static final Duration SOON = Duration.ofSeconds(20);
    @AutoClose
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final String admin = NODES.adminToken();

    @Test
    void aDisabledOperatorIsThrownOffBothNodes() throws Exception {
        JsonNode user = NODES.node(0).post("/api/users", admin, Map.of("username", "bo", "password",
                SeveralNodes.PASSWORD, "roles", List.of("operator")));
        String token = NODES.node(0).post("/api/auth/login", "", Map.of("username", "bo", "password",
                SeveralNodes.PASSWORD)).path("token").asString();
        assertThrownOff("", NODES.visit().dialogId(), token, "/api/users/" + user.path("id").asString());
    }

    @Test
    void theUsersOfADisabledSiteAreThrownOffBothNodes() throws Exception {
        JsonNode site = NODES.node(0).post("/api/sites", admin, Map.of("name", "Shop", "assistant_id", 1));
        String token = TestTokens.ofSite(site.path("id").asString(), site.path("secret").asString(), "u");
        long dialog = NODES.node(1).post("/api/site/dialogs", token, Map.of()).path("dialog_id").asLong();
        assertThrownOff("/site", dialog, token, "/api/sites/" + site.path("id").asString());
    }

    @Test
    void theVisitorsOfADisabledAssistantAreThrownOffBothNodes() throws Exception {
        JsonNode assistant = NODES.node(0).post("/api/assistants", admin,
                Map.of("name", "Bo", "allowed_origins", List.of("*")));
        JsonNode opened = NODES.node(0).post("/api/widget/dialogs", "",
                Map.of("assistant_id", assistant.path("id").asLong()));
        Visit visit = new Visit(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
        assertThrownOff("/widget", visit.dialogId(), visit.token(),
                "/api/assistants/" + assistant.path("id").asString());
    }

    /** Over each carrier on each node, where the first node is told to disable what is at the path. */
    private void assertThrownOff(String audience, long dialog, String token, String disable) throws Exception {
        String path = audience + "/dialogs/" + dialog;
        List<CompletableFuture<HttpResponse<Void>>> streams = new ArrayList<>();
        try (TestSocket here = TestSocket.open(NODES.node(0).address(), "/ws" + path, token);
                TestSocket there = TestSocket.open(NODES.node(1).address(), "/ws" + path, token)) {
            for (int i = 0; i < 2; i++) {
                assertThat(poll(NODES.node(i), path, token)).isEqualTo(200);
                streams.add(get(NODES.node(i), "/sse" + path, token));
            }
            here.await("hello");
            there.await("hello");
            NODES.node(0).delete(disable, admin);
            Awaitility.await().atMost(SOON).until(() -> !here.isOpen() && !there.isOpen()
                    && streams.stream().allMatch(CompletableFuture::isDone));
            assertThat(here.closeCode()).isEqualTo(4401);
            assertThat(there.closeCode()).isEqualTo(4401);
            for (int i = 0; i < 2; i++) {
                Node node = NODES.node(i);
                Awaitility.await().atMost(SOON).until(() -> poll(node, path, token) == 401);
            }
        }
    }

    private static int poll(Node node, String path, String token) {
        return get(node, "/poll" + path + "?wait=0&since=0", token).join().statusCode();
    }

    private static CompletableFuture<HttpResponse<Void>> get(Node node, String path, String token) {
        return CLIENT.sendAsync(HttpRequest.newBuilder(URI.create(node.address() + path))
                .header("Authorization", "Bearer " + token)
                .build(), HttpResponse.BodyHandlers.discarding());
    }
}
