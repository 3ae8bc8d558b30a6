package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.TestTokens;
import dev.parley.gateway.protocol.DescribedExchanges;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.web.reactive.server.WebTestClient;

/** Whether requests are answered as the OpenAPI document describes it: each exchange of this class is held against it. */
class DescribedRequestsIntegrationTests extends Conversations {

    private final DescribedExchanges described = new DescribedExchanges();

    @Override
    protected WebTestClient client() {
        return super.client().mutate().entityExchangeResultConsumer(described::see).build();
    }

    @Test
    void everyOperationServesAsItIsDescribed() throws Exception {
        String admin = admin();
        operations(admin);
        administration(admin);
        Opened visitor = visitors();
        Opened user = siteUsers(admin);
        dialog("/api/widget", visitor, admin);
        dialog("/api/site", user, admin);
        operators(visitor, admin);
        following("/widget", visitor);
        following("/site", user);
        following("", new Opened(visitor.dialogId(), admin));
        assertThat(described.notServed()).isEmpty();
    }

    @Test
    void whatGoesWrongIsDescribed() {
        Opened visitor = visitor();
        String admin = admin();
        String operator = operatorToken();
        String dialog = "/api/widget/dialogs/" + visitor.dialogId();
        call(HttpMethod.GET, dialog, "no token", null, 401);
        call(HttpMethod.GET, "/api/widget/dialogs/999999999", visitor.token(), null, 404);
        call(HttpMethod.GET, "/api/users", operator, null, 403);
        call(HttpMethod.GET, dialog + "/messages?limit=1000", visitor.token(), null, 400);
        call(HttpMethod.POST, dialog + "/messages", visitor.token(), Map.of("client_msg_id", "m"), 400);
        call(HttpMethod.POST, dialog + "/messages", visitor.token(),
                Map.of("client_msg_id", "m", "text", "x".repeat(2049)), 413);
        call(HttpMethod.POST, dialog + "/receipts", visitor.token(), Map.of("read_seq", 99), 400);
        call(HttpMethod.POST, dialog + "/answers", visitor.token(), Map.of(), 409);
        call(HttpMethod.GET, "/poll/widget/dialogs/%d?since=17".formatted(visitor.dialogId()), visitor.token(), null,
                400);
        call(HttpMethod.GET, "/ws/widget/dialogs/" + visitor.dialogId(), visitor.token(), null, 400);
        call(HttpMethod.POST, "/api/users", admin,
                Map.of("username", "admin", "password", PASSWORD, "roles", List.of("admin")), 409);
        call(HttpMethod.POST, "/api/dialogs/%d/close".formatted(visitor.dialogId()), operator, null, 200);
        call(HttpMethod.POST, dialog + "/messages", visitor.token(), Map.of("client_msg_id", "m", "text", "hello"),
                409);
        String nobody = name("nobody");
        for (int attempt = 1; attempt <= 6; attempt++) {
            json(client().post().uri("/api/auth/login").bodyValue(Map.of("username", nobody, "password", "wrong")),
                    attempt < 6 ? 401 : 429);
        }
    }

    private void operations(String admin) {
        for (String path : List.of("/openapi.json", "/asyncapi.json", "/demo.json", "/actuator", "/actuator/health",
                "/actuator/health/liveness", "/actuator/health/readiness", "/actuator/prometheus", "/")) {
            client().get().uri(path).header("Accept", path.equals("/") ? "text/html" : "*/*").exchange()
                    .expectStatus().isOk().expectBody(byte[].class).returnResult();
        }
        call(HttpMethod.POST, "/api/auth/refresh", admin, null, 200);
        call(HttpMethod.GET, "/api/auth/me", admin, null, 200);
        call(HttpMethod.GET, "/api/connection_stats", admin, null, 200);
        assertThat(call(HttpMethod.GET, "/api/ai/status", admin, null, 200)).containsKey("backends");
        call(HttpMethod.GET, "/api/ai/requests?all=true", admin, null, 200);
        call(HttpMethod.DELETE, "/api/ai/requests", admin, null, 200);
        call(HttpMethod.DELETE, "/api/ai/requests/unknown", admin, null, 404);
    }

    private void administration(String admin) {
        manage("/api/assistants", Map.of("name", "Bo", "greeting", "Hello", "backend", "openai",
                "allowed_origins", List.of("*")), admin);
        long site = manage("/api/sites", Map.of("name", "Shop", "assistant_id", 1), admin);
        call(HttpMethod.POST, "/api/sites/%d/secret".formatted(site), admin, null, 200);
        manage("/api/users", Map.of("username", name("bo"), "password", PASSWORD, "roles", List.of("member")), admin);
    }

    private long manage(String path, Map<String, Object> first, String admin) {
        long id = id(call(HttpMethod.POST, path, admin, first, 201));
        String one = path + "/" + id;
        call(HttpMethod.GET, one, admin, null, 200);
        call(HttpMethod.PATCH, one, admin, Map.of("name", "Another"), 200);
        call(HttpMethod.DELETE, one, admin, null, 200);
        call(HttpMethod.POST, one + "/enable", admin, null, 200);
        call(HttpMethod.POST, path, admin, other(first), 201);
        String next = text(call(HttpMethod.GET, path + "?limit=1", admin, null, 200), "next");
        call(HttpMethod.GET, path + "?cursor=" + next, admin, null, 200);
        return id;
    }

    private static Map<String, Object> other(Map<String, Object> first) {
        Map<String, Object> other = new HashMap<>(first);
        other.computeIfPresent("username", (field, name) -> name("other"));
        return other;
    }

    private Opened visitors() {
        Map<String, Object> opening = Map.of("assistant_id", 1, "client_dialog_id", "d1", "name", "Ada", "email",
                "ada@example.com", "page_url", "https://shop.example/basket");
        Opened visitor = opened(json(client().post().uri("/api/widget/dialogs").bodyValue(opening), 201));
        call(HttpMethod.POST, "/api/widget/dialogs", visitor.token(), opening, 200);
        call(HttpMethod.POST, "/api/widget/token", visitor.token(), null, 200);
        call(HttpMethod.POST, "/api/widget/token", visitor.token(), Map.of("visitor_token", visitor.token()), 200);
        return visitor;
    }

    private Opened siteUsers(String admin) {
        Map<String, Object> site = call(HttpMethod.POST, "/api/sites", admin,
                Map.of("name", name("shop"), "assistant_id", 1), 201);
        String token = TestTokens.ofSite(Long.toString(id(site)), text(site, "secret"), "u1");
        return new Opened(Long.parseLong(text(call(HttpMethod.POST, "/api/site/dialogs", token, Map.of(), 201),
                "dialog_id")), token);
    }

    /** All that a visitor or a site's user does, with an operator on the other side. */
    private void dialog(String base, Opened person, String admin) {
        String dialog = "%s/dialogs/%d".formatted(base, person.dialogId());
        Map<String, Object> message = Map.of("client_msg_id", "m1", "text", "/say yes");
        Map<String, Object> posted = call(HttpMethod.POST, dialog + "/messages", person.token(), message, 201);
        assertThat(posted).containsKey("answer");
        call(HttpMethod.POST, dialog + "/messages", person.token(), message, 200);
        String requestId = text(
                call(HttpMethod.POST, dialog + "/answers", person.token(), Map.of("in_reply_to", 1), 202),
                "request_id");
        assertThat(call(HttpMethod.GET, "/api/ai/status", person.token(), null, 200)).doesNotContainKey("backends");
        call(HttpMethod.GET, "/api/ai/requests", person.token(), null, 200);
        call(HttpMethod.DELETE, dialog + "/answers/" + requestId, person.token(), null, 204);
        call(HttpMethod.DELETE, "/api/ai/requests/" + requestId, person.token(), null, 200);
        call(HttpMethod.POST, dialog + "/typing", person.token(), Map.of("typing", true), 204);
        call(HttpMethod.POST, dialog + "/receipts", person.token(), Map.of("delivered_seq", 1, "read_seq", 1), 204);
        assertThat(call(HttpMethod.POST, dialog + "/handoff", person.token(), null, 200))
                .containsEntry("needs_human", true);
        String others = "/api/dialogs/%d/".formatted(person.dialogId());
        call(HttpMethod.POST, others + "messages", admin, Map.of("client_msg_id", "a1", "text", "Hello"), 201);
        call(HttpMethod.POST, others + "receipts", admin, Map.of("read_seq", 1), 204);
        assertThat(call(HttpMethod.GET, dialog, person.token(), null, 200)).containsKey("presence");
        assertThat(call(HttpMethod.GET, dialog + "/messages?after=0&limit=100", person.token(), null, 200).toString())
                .contains("human_requested", "handoff_started", "status=read", "read_at");
        call(HttpMethod.GET, dialog + "/messages?before=2", person.token(), null, 200);
        call(HttpMethod.GET, base + "/dialogs?limit=1", person.token(), null, 200);
    }

    private void operators(Opened visitor, String admin) {
        String dialog = "/api/dialogs/" + visitor.dialogId();
        call(HttpMethod.GET, dialog, admin, null, 200);
        call(HttpMethod.GET, dialog + "/messages", admin, null, 200);
        call(HttpMethod.POST, dialog + "/typing", admin, Map.of("typing", true), 204);
        call(HttpMethod.POST, dialog + "/handoff", admin, null, 200);
        call(HttpMethod.GET, "/api/dialogs?status=open&mode=human&assignee=me&q=ada", admin, null, 200);
        String next = text(call(HttpMethod.GET, "/api/dialogs?limit=1", admin, null, 200), "next");
        call(HttpMethod.GET, "/api/dialogs?limit=1&cursor=" + next, admin, null, 200);
        call(HttpMethod.DELETE, dialog + "/handoff", admin, null, 200);
        String requestId = text(call(HttpMethod.POST, dialog + "/answers", admin, Map.of(), 202), "request_id");
        call(HttpMethod.DELETE, dialog + "/answers/" + requestId, admin, null, 204);
        call(HttpMethod.POST, dialog + "/close", admin, null, 200);
        call(HttpMethod.POST, dialog + "/reopen", admin, null, 200);
    }

    private void following(String part, Opened person) throws Exception {
        String path = "%s/dialogs/%d".formatted(part, person.dialogId());
        Map<String, Object> news = call(HttpMethod.GET, "/poll%s?since=0&echo=true&wait=5".formatted(path),
                person.token(), null, 200);
        assertThat(news.toString()).contains("handoff_started");
        call(HttpMethod.GET, "/poll%s?wait=0&since=%s".formatted(path, text(news, "cursor")), person.token(), null,
                200);
        try (TestStream stream = TestStream.open(address(), "/sse%s?since=0".formatted(path), person.token())) {
            stream.await("handoff_started");
            described.see("/sse" + path, stream.data());
        }
    }

    private Map<String, Object> call(HttpMethod method, String path, String token,
            @Nullable Map<String, Object> body, int status) {
        var request = request(method, path, token);
        return json(body == null ? request : request.bodyValue(body), status);
    }
}
