package dev.parley.gateway.transport;

import dev.parley.gateway.RunningGateway;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.http.HttpMethod;

/** What tests of conversations have in common: visitors, their dialogs, and operators, over a whole gateway. */
abstract class Conversations extends RunningGateway {

    private static final AtomicInteger IDS = new AtomicInteger();

    record Opened(long dialogId, String token) {}

    /** A new visitor with a new dialog with the demo assistant. */
    Opened visitor() {
        return opened(json(client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 1)), 201));
    }

    static Opened opened(Map<String, Object> body) {
        return new Opened(Long.parseLong(text(body, "dialog_id")), text(body, "visitor_token"));
    }

    TestSocket widget(Opened visitor, String query) throws Exception {
        return TestSocket.open(address(), "/ws/widget/dialogs/%d?%s".formatted(visitor.dialogId(), query),
                visitor.token());
    }

    TestSocket operator(long dialogId, String token) throws Exception {
        return TestSocket.open(address(), "/ws/dialogs/%d?since=0".formatted(dialogId), token);
    }

    /** The token of a new operator. */
    String operatorToken() {
        return token(text(user("operator"), "username"));
    }

    Map<String, Object> post(Opened visitor, String clientMsgId, String text, int status) {
        return json(request(HttpMethod.POST, "/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()),
                visitor.token())
                .bodyValue(Map.of("client_msg_id", clientMsgId, "text", text)), status);
    }

    static String clientMsgId() {
        return "m" + IDS.incrementAndGet();
    }
}
