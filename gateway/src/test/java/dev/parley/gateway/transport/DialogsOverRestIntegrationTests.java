package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;

class DialogsOverRestIntegrationTests extends Conversations {

    private Opened visitor = new Opened(0, "");
    private String anna = "";

    @BeforeEach
    void meet() {
        visitor = visitor();
        anna = operatorToken();
    }

    @Test
    void theSameConversationIsOpenedOnce() {
        Map<String, Object> body = Map.of("assistant_id", 1, "client_dialog_id", "tab-1", "name", "Vera", "page_url",
                "https://shop.example/");
        Opened first = opened(
                json(request(HttpMethod.POST, "/api/widget/dialogs", visitor.token()).bodyValue(body), 201));
        Opened again = opened(
                json(request(HttpMethod.POST, "/api/widget/dialogs", visitor.token()).bodyValue(body), 200));
        assertThat(again.dialogId()).isEqualTo(first.dialogId());
        Opened stranger = opened(json(client().post().uri("/api/widget/dialogs").bodyValue(body), 201));
        assertThat(stranger.dialogId()).isNotEqualTo(first.dialogId());
        assertThat(text(json(request(HttpMethod.GET, "/api/dialogs/" + first.dialogId(), anna), 200), "visitor"))
                .contains("Vera", "https://shop.example/");
    }

    @Test
    void whatIsWrongWithAnOpeningIsNamed() {
        Map<Map<String, Object>, String> wrong = Map.of(Map.of(), "assistant_id", Map.of("assistant_id", "x"),
                "assistant_id",
                Map.of("assistant_id", 1, "name", "x".repeat(101)), "name", Map.of("assistant_id", 1, "email", "a\nb"),
                "email");
        wrong.forEach((body, field) -> assertThat(
                text(json(client().post().uri("/api/widget/dialogs").bodyValue(body), 400), "detail"))
                .startsWith(field));
        json(client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 999_999)), 404);
    }

    @Test
    void aMessageIsStoredOnceHoweverOftenItIsSent() {
        Map<String, Object> first = post(visitor, "m1", "/say hi", 201);
        Map<String, Object> again = post(visitor, "m1", "/say hi", 200);
        assertThat(again).containsEntry("id", first.get("id"))
                .containsEntry("seq", first.get("seq"))
                .containsEntry("timestamp", first.get("timestamp"));
        assertThat(requestId(again)).isEqualTo(requestId(first));
        assertThat(first.get("seq")).isEqualTo(1);
    }

    @Test
    void theHistoryIsReadByPagesInBothDirections() {
        takeOver();
        for (int i = 2; i <= 30; i++) {
            post(visitor, "m" + i, "text " + i, 201);
        }
        assertThat(seqs("")).isEqualTo(range(11, 30));
        assertThat(seqs("?before=11&limit=4")).isEqualTo(range(7, 10));
        assertThat(seqs("?after=0&limit=3")).isEqualTo(range(1, 3));
        assertThat(seqs("?after=30")).isEmpty();
        assertThat(page("?after=0&limit=3")).containsEntry("has_more", true);
        assertThat(page("?before=4&limit=100")).containsEntry("has_more", false);
        for (String wrong : List.of("?limit=0", "?limit=101", "?limit=x", "?before=0", "?after=-1",
                "?after=1&before=2")) {
            json(request(HttpMethod.GET, messages() + wrong, visitor.token()), 400);
        }
    }

    @Test
    void aDialogsWayFromTheAssistantToAHumanAndBack() {
        assertThat(json(request(HttpMethod.POST, widget("/handoff"), visitor.token()), 200))
                .containsEntry("needs_human", true)
                .containsEntry("mode", "ai")
                .doesNotContainKey("visitor");
        assertThat(takeOver()).containsEntry("mode", "human").containsEntry("needs_human", false);
        assertThat(post(visitor, "m1", "a human?", 201)).doesNotContainKey("answer")
                .doesNotContainKey("answer_refused");
        assertThat(json(request(HttpMethod.DELETE, admin("/handoff"), anna), 200)).containsEntry("mode", "ai");
        assertThat(json(request(HttpMethod.POST, admin("/close"), anna), 200)).containsEntry("status", "closed");
        Map<String, Object> closed = json(request(HttpMethod.POST, messages(), visitor.token())
                .bodyValue(Map.of("client_msg_id", "late", "text", "hello?")), 409);
        assertThat(closed).containsEntry("code", "conflict").containsEntry("detail", "The dialog is closed");
        assertThat(json(request(HttpMethod.POST, admin("/reopen"), anna), 200)).containsEntry("status", "open");
        assertThat(kinds()).containsExactly("human_requested", "handoff_started", "message", "handoff_ended",
                "dialog_closed",
                "dialog_reopened");
    }

    @Test
    void aReplyOfAnOperatorTakesTheDialogOver() {
        json(request(HttpMethod.POST, admin("/messages"), anna)
                .bodyValue(Map.of("client_msg_id", "a1", "text", "Anna here")),
                201);
        assertThat(kinds()).containsExactly("handoff_started", "message");
        String ben = operatorToken();
        assertThat(json(request(HttpMethod.POST, admin("/handoff"), ben), 409)).containsEntry("code", "conflict");
    }

    @Test
    void anAnswerCanBeAskedForAgain() {
        post(visitor, "m1", "/say again", 201);
        Awaitility.await().untilAsserted(() -> assertThat(kinds()).hasSize(2));
        assertThat(json(request(HttpMethod.POST, widget("/answers"), visitor.token()).bodyValue(Map.of()), 202))
                .containsKeys("request_id", "position");
        Awaitility.await().untilAsserted(() -> assertThat(kinds()).hasSize(3));
        json(request(HttpMethod.POST, widget("/answers"), visitor.token()).bodyValue(Map.of("in_reply_to", 2)), 409);
        takeOver();
        json(request(HttpMethod.POST, widget("/answers"), visitor.token()).bodyValue(Map.of()), 409);
    }

    @Test
    void nobodyReachesAnothersDialogByAnyPathAndMethod() {
        Opened other = visitor();
        String member = token(text(user("member"), "username"));
        String wrongKind = visitor.token();
        for (String end : List.of("", "/messages")) {
            json(request(HttpMethod.GET, "/api/widget/dialogs/%d%s".formatted(visitor.dialogId(), end), other.token()),
                    404);
            json(request(HttpMethod.GET, admin(end), member), 404);
            json(request(HttpMethod.GET, admin(end), wrongKind), 401);
        }
        for (String end : List.of("/messages", "/answers", "/typing", "/handoff")) {
            Map<String, Object> body = Map.of("client_msg_id", "x", "text", "x", "typing", true);
            json(request(HttpMethod.POST, "/api/widget/dialogs/%d%s".formatted(visitor.dialogId(), end), other.token())
                    .bodyValue(body), 404);
            json(request(HttpMethod.POST, admin(end), member).bodyValue(body), 404);
            json(request(HttpMethod.POST, admin(end), wrongKind).bodyValue(body), 401);
        }
        for (String end : List.of("/close", "/reopen")) {
            json(request(HttpMethod.POST, admin(end), member), 404);
            json(request(HttpMethod.POST, admin(end), wrongKind), 401);
        }
        json(request(HttpMethod.DELETE, admin("/handoff"), member), 404);
        json(request(HttpMethod.GET, "/api/widget/dialogs/999999", visitor.token()), 404);
        assertThat(kinds()).isEmpty();
    }

    @Test
    void everybodyIsListedTheirOwnDialogs() {
        Opened other = visitor();
        assertThat(ids(json(request(HttpMethod.GET, "/api/widget/dialogs", visitor.token()), 200)))
                .containsExactly((int) visitor.dialogId());
        takeOver();
        assertThat(ids(json(request(HttpMethod.GET, "/api/dialogs?assignee=me", anna), 200)))
                .containsExactly((int) visitor.dialogId());
        Map<String, Object> first = json(request(HttpMethod.GET, "/api/dialogs?limit=1&status=open", anna), 200);
        Map<String, Object> second = json(
                request(HttpMethod.GET, "/api/dialogs?limit=1&status=open&cursor=" + text(first, "next"), anna), 200);
        assertThat(ids(first)).containsExactly((int) visitor.dialogId());
        assertThat(ids(second)).containsExactly((int) other.dialogId());
        json(request(HttpMethod.GET, "/api/dialogs?cursor=forged", anna), 400);
        json(request(HttpMethod.GET, "/api/dialogs?mode=robot", anna), 400);
        json(request(HttpMethod.GET, "/api/dialogs?assignee=ben", anna), 400);
    }

    @Test
    void aSiteSpeaksForItsOwnUsers() throws Exception {
        Map<String, Object> site = json(request(HttpMethod.POST, "/api/sites", admin())
                .bodyValue(Map.of("name", "Shop", "assistant_id", 1)), 201);
        String vera = siteToken(site, "vera");
        Map<String, Object> opened = json(request(HttpMethod.POST, "/api/site/dialogs", vera).bodyValue(Map.of()), 201);
        assertThat(opened).doesNotContainKey("visitor_token");
        long id = Long.parseLong(text(opened, "dialog_id"));
        json(request(HttpMethod.GET, "/api/site/dialogs/" + id, siteToken(site, "walter")), 404);
        try (TestSocket socket = TestSocket.open(address(), "/ws/site/dialogs/%d?since=0".formatted(id), vera)) {
            assertThat(socket.await("hello").path("audience").asString()).isEqualTo("site");
            socket.message("m1", "/say for a site");
            socket.awaitMessage("for a site");
        }
    }

    private static String siteToken(Map<String, Object> site, String user) throws JOSEException {
        SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(text(site, "id")).build(),
                new JWTClaimsSet.Builder().subject(user).expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .build());
        token.sign(new MACSigner(text(site, "secret").getBytes(StandardCharsets.UTF_8)));
        return token.serialize();
    }

    private static String requestId(Map<String, Object> posted) {
        return text(posted, "answer").replaceAll(".*request_id=([^,}]+).*", "$1");
    }

    private Map<String, Object> takeOver() {
        return json(request(HttpMethod.POST, admin("/handoff"), anna), 200);
    }

    private String admin(String end) {
        return "/api/dialogs/%d%s".formatted(visitor.dialogId(), end);
    }

    private String widget(String end) {
        return "/api/widget/dialogs/%d%s".formatted(visitor.dialogId(), end);
    }

    private String messages() {
        return widget("/messages");
    }

    private Map<String, Object> page(String query) {
        return json(request(HttpMethod.GET, messages() + query, visitor.token()), 200);
    }

    private List<Long> seqs(String query) {
        return all(page(query), "messages").stream().map(message -> Long.valueOf(text(message, "seq"))).toList();
    }

    private List<String> kinds() {
        return all(page("?after=0&limit=100"), "messages").stream().map(message -> text(message, "type")).toList();
    }

    private static List<Integer> ids(Map<String, Object> page) {
        return all(page, "dialogs").stream().map(dialog -> Integer.valueOf(text(dialog, "id"))).toList();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> all(Map<String, Object> page, String field) {
        return (List<Map<String, Object>>) java.util.Objects.requireNonNull(page.get(field));
    }

    private static List<Long> range(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }
}
