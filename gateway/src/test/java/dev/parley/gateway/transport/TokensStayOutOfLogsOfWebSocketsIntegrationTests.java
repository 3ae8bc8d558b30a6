package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.parley.gateway.LogWatch;
import dev.parley.gateway.access.TestTokens;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.http.HttpMethod;

/** The same promise as of REST, for every way in which a WebSocket can be given a token, taken or refused. */
@Isolated(LogWatch.ALONE)
class TokensStayOutOfLogsOfWebSocketsIntegrationTests extends Conversations {

    @Test
    void noTokenOfAWebSocketIsEverLogged() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        Map<String, Object> site = json(request(HttpMethod.POST, "/api/sites", admin())
                .bodyValue(Map.of("name", name("site"), "assistant_id", 1)), 201);
        String user = TestTokens.ofSite(text(site, "id"), text(site, "secret"), "u");
        long ofUser = Long.parseLong(text(json(request(HttpMethod.POST, "/api/site/dialogs", user)
                .bodyValue(Map.of()), 201), "dialog_id"));
        try (LogWatch log = LogWatch.of("dev.parley", Level.TRACE)
                .and("org.springframework.web", Level.DEBUG)
                .and("org.springframework.http", Level.DEBUG)
                .and("reactor.netty", Level.DEBUG)) {
            tryAll("/ws/widget/dialogs/" + visitor.dialogId(), "visitor_token", visitor.token());
            tryAll("/ws/site/dialogs/" + ofUser, "site_token", user);
            tryAll("/ws/dialogs/" + ofUser, "token", operator);

            assertThat(log.lines()).as("else this shows nothing")
                    .anyMatch(line -> line.contains("/ws/dialogs/" + ofUser));
            // Logs cut long values, so the beginning of a payload would be enough of a find.
            List<String> finds = Stream.of(visitor.token(), user, operator)
                    .map(token -> token.substring(token.indexOf('.') + 1).substring(0, 20))
                    .toList();
            assertThat(log.lines()).filteredOn(line -> finds.stream().anyMatch(line::contains)).isEmpty();
        }
    }

    private void tryAll(String path, String parameter, String token) throws Exception {
        for (String at : List.of(path, path + "999", "/ws/nothing")) {
            for (String presented : List.of(token, token + "x")) {
                open(at, null, "parley", "bearer." + presented);
                open(at, "Bearer " + presented);
                open(at + "?" + parameter + "=" + presented, null);
                open(at + "?token=" + presented, null);
            }
        }
        try (TestSocket socket = TestSocket.open(address(), path, token)) {
            socket.send("{\"type\":\"auth\",\"token\":\"%s\"}".formatted(token));
            socket.send("{\"type\":\"auth\",\"token\":\"%sx\"}".formatted(token));
            socket.await("error");
            socket.send("{\"type\":\"auth\",\"token\":\"%s".formatted(token));
            socket.send("{\"type\":\"auth\",\"token\":{\"%s\":1}}".formatted(token));
            socket.send("{\"type\":\"%s\"}".formatted(token));
            socket.send("{\"type\":\"ping\"}");
            socket.await("pong");
        }
    }

    private void open(String path, @Nullable String header, String... subprotocols) throws Exception {
        try (TestSocket socket = TestSocket.openPlain(address(), path, header, subprotocols)) {
            socket.await("hello");
        } catch (ExecutionException refused) {
            assertThat(refused).hasMessageContaining("WebSocketHandshakeException");
        }
    }
}
