package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.TestTokens;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;

/** Whoever may not speak any more does not go on listening until the token ends. */
class WithdrawnAccessIntegrationTests extends Conversations {

    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void aDisabledOperatorIsCutOffWithinSeconds() throws Exception {
        Map<String, Object> user = user("operator");
        Opened visitor = visitor();
        try (TestSocket disabled = operator(visitor.dialogId(), token(text(user, "username")));
                TestSocket other = operator(visitor.dialogId(), operatorToken())) {
            disabled.await("hello");
            disable("/api/users/" + id(user));
            assertIsCutOff(disabled);
            assertThat(other.isOpen()).isTrue();
        }
    }

    @Test
    void theVisitorsOfADisabledAssistantAreCutOff() throws Exception {
        Map<String, Object> assistant = assistant();
        Opened visitor = opened(json(client().post().uri("/api/widget/dialogs")
                .bodyValue(Map.of("assistant_id", id(assistant))), 201));
        try (TestSocket widget = widget(visitor, ""); TestSocket other = widget(visitor(), "")) {
            widget.await("hello");
            disable("/api/assistants/" + id(assistant));
            assertIsCutOff(widget);
            assertThat(other.isOpen()).isTrue();
        }
    }

    @Test
    void theUsersOfADisabledSiteAreCutOff() throws Exception {
        Map<String, Object> site = json(request(HttpMethod.POST, "/api/sites", admin())
                .bodyValue(Map.of("name", name("site"), "assistant_id", 1)), 201);
        String user = TestTokens.ofSite(text(site, "id"), text(site, "secret"), "u");
        String dialog = text(json(request(HttpMethod.POST, "/api/site/dialogs", user).bodyValue(Map.of()), 201),
                "dialog_id");
        try (TestSocket socket = TestSocket.open(address(), "/ws/site/dialogs/" + dialog, user)) {
            socket.await("hello");
            disable("/api/sites/" + id(site));
            assertIsCutOff(socket);
        }
    }

    private Map<String, Object> assistant() {
        return json(request(HttpMethod.POST, "/api/assistants", admin())
                .bodyValue(Map.of("name", name("Bo"), "allowed_origins", java.util.List.of("*"))), 201);
    }

    private void disable(String path) {
        json(request(HttpMethod.DELETE, path, admin()), 200);
    }

    private static void assertIsCutOff(TestSocket socket) throws Exception {
        Awaitility.await().atMost(SOON).until(() -> !socket.isOpen());
        assertThat(socket.closeCode()).isEqualTo(4401);
    }
}
