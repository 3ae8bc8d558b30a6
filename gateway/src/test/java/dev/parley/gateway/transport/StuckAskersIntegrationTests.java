package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** Whoever reads nothing of an answer does not keep the model from others. */
@TestPropertySource(properties = {"parley.ollama.urls=${tests.models}", "parley.connections.write-timeout=120s",
        "parley.messages.max-text-bytes=60KB"})
class StuckAskersIntegrationTests extends Conversations {

    private static final int AT_ONCE = 5;
    private static final int WORDS = 2_000;
    private static final int RECEIVE_BUFFER = 4 * 1024;
    /** Together more than the kernel and Netty take for who does not read, so what follows them waits in the gateway. */
    private static final int LONG_MESSAGES = 5;
    private static final String LONG_MESSAGE = "x".repeat(50_000);
    /** With the human's coming and going, the question and its answer. */
    private static final int LOGGED = LONG_MESSAGES + 4;
    private static final Duration LONG = Duration.ofMinutes(2);

    private static final RehearsalModel SPEAKER = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ZERO).withTokensPerSecond(0));

    private record Stuck(Opened visitor, Follower follower, String question) {}

    @DynamicPropertySource
    static void speaker(DynamicPropertyRegistry registry) {
        registry.add("tests.models", SPEAKER::url);
    }

    @AfterAll
    static void close() {
        SPEAKER.close();
    }

    @Test
    void aPlaceAtTheModelIsFreeWhenTheModelHasSpokenThoughNobodyHasRead() throws Exception {
        List<Stuck> stuck = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            Opened visitor = visitor();
            Follower follower = Follower.since(new FollowedDialog(address(), "widget", visitor.dialogId(),
                    visitor.token(), true, RECEIVE_BUFFER), 0);
            follower.start(Carrier.WEB_SOCKET);
            follower.stopReading();
            stuck.add(new Stuck(visitor, follower, "/long " + (WORDS - i)));
        }
        String admin = admin();
        stuck.forEach(one -> fill(one.visitor(), admin));
        stuck.forEach(one -> post(one.visitor(), "m1", one.question(), 201));
        Opened next = visitor();
        try (TestSocket widget = widget(next, "since=0")) {
            widget.message("m1", "/say you are next");
            widget.awaitMessage("you are next");
        }
        Awaitility.await().atMost(LONG).untilAsserted(() -> assertThat(SPEAKER.ledger().chats().stream()
                .filter(chat -> !chat.messages().isEmpty())
                .filter(chat -> chat.messages().getLast().content().startsWith("/long ")))
                .hasSize(AT_ONCE).allMatch(chat -> chat.outcome() == Outcome.FINISHED));
        Awaitility.await()
                .untilAsserted(() -> assertThat(json(request(HttpMethod.GET, "/api/ai/status", next.token()), 200))
                        .containsEntry("processing", 0).containsEntry("queued", 0));
        assertThat(stuck).as("they have not read their answers")
                .allMatch(one -> one.follower().judge().last() < LOGGED - 1);

        for (Stuck one : stuck) {
            one.follower().readAgain();
            one.follower().judge().await("the answer, in the end", LONG, judge -> judge.last() == LOGGED);
            assertThat(one.follower().judge().log().getLast().path("text").asString())
                    .isEqualTo(RehearsalModel.answerTo(List.of(one.question())));
            one.follower().close();
        }
    }

    /** Has a human say more than its reader takes. */
    private void fill(Opened visitor, String operator) {
        String dialog = "/api/dialogs/" + visitor.dialogId();
        json(request(HttpMethod.POST, dialog + "/handoff", operator), 200);
        for (int i = 0; i < LONG_MESSAGES; i++) {
            json(request(HttpMethod.POST, dialog + "/messages", operator)
                    .bodyValue(Map.of("client_msg_id", clientMsgId(), "text", LONG_MESSAGE)), 201);
        }
        json(request(HttpMethod.DELETE, dialog + "/handoff", operator), 200);
    }
}
