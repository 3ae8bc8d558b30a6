package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/**
 * The connection to PostgreSQL is lost between a commit and its confirmation: what was done is done, and the node finds out. On
 * one of many nodes as on one alone.
 */
@ResourceLock(Lanes.NODES)
class UnknownOutcomesIntegrationTests {

    private static final String LOST = "the one whose outcome is lost";
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final Visit visit = NODES.visit();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @Test
    void aQuestionThatIsSaidAgainIsShownAndAnswered() throws IOException {
        try (Follower visitor = follow()) {
            loseTheOutcomeOf(LOST, () -> post(visitor, LOST, "/say ok"));
            JsonNode again = sayAgain(visitor);
            assertThat(again.path("http_status").asInt()).as(again.toString()).isEqualTo(200);
            String request = again.path("answer").path("request_id").asString();
            visitor.judge().await("the question and its answer", judge -> judge.last() == 2 && judge.isOver(request));
        }
    }

    @Test
    void aQuestionIsAnsweredAlsoWhereNobodySaysItAgain() {
        try (Follower visitor = follow()) {
            loseTheOutcomeOf(LOST, () -> post(visitor, LOST, "/say ok"));
            visitor.judge().await("the question and its answer", judge -> judge.last() == 2);
        }
    }

    @Test
    void aTakeoverSilencesTheAssistantAtOnce() {
        var operator = NODES.login("admin");
        try (Follower visitor = follow()) {
            String request = visitor.say("m", "/long 300").path("answer").path("request_id").asString();
            visitor.judge().await("some words", judge -> judge.text(request).length() > 20);
            NODES.node(0).toDatabase().holdAnswersAfter("COMMIT");
            Desk desk = new Desk(NODES.node(0).address(), operator.id(), operator.token(), new History());
            CompletableFuture<Boolean> taking = CompletableFuture.supplyAsync(() -> desk.takeOver(visit.dialogId()));
            Awaitility.await().until(() -> NODES.node(0).toDatabase().holdsAnswers() && isTaken());
            reconnect();
            assertThat(taking.join()).isTrue();
            // The judge has compared what was seen growing with what was kept, and hears nothing after the takeover.
            visitor.judge().await("the takeover", judge -> judge.hasLogged("handoff_started"));
            visitor.judge().await("the answer's end", judge -> judge.isOver(request));
            Awaitility.await().until(() -> NODES.node(0).metric("parley.answers.running") == 0);
        }
    }

    private Follower follow() {
        Follower follower = Follower.since(visit.on(NODES.node(0)), 0).persistent();
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }

    /** As a client does that was told to come again: other connections to the database were lost, too, and may not know it yet. */
    private static JsonNode sayAgain(Follower visitor) {
        return Awaitility.await().until(() -> post(visitor, LOST, "/say ok"),
                reply -> reply.path("http_status").asInt() != 503);
    }

    private static JsonNode post(Follower visitor, String id, String text) {
        try {
            return visitor.post("/messages", Map.of("client_msg_id", id, "text", text));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void loseTheOutcomeOf(String id, java.util.function.Supplier<JsonNode> saying) {
        NODES.node(0).toDatabase().holdAnswersAfter(id);
        CompletableFuture<JsonNode> said = CompletableFuture.supplyAsync(saying);
        Awaitility.await().until(() -> isStored(id));
        reconnect();
        assertThat(said.join().path("http_status").asInt()).isEqualTo(503);
    }

    private static void reconnect() {
        NODES.node(0).toDatabase().cut();
        NODES.node(0).toDatabase().heal();
    }

    private boolean isStored(String id) {
        return exists("select exists (select from messages where dialog_id = %d and client_msg_id = '%s')"
                .formatted(visit.dialogId(), id));
    }

    private boolean isTaken() {
        return exists("select exists (select from dialogs where id = %d and mode = 'human')"
                .formatted(visit.dialogId()));
    }

    private static boolean exists(String sql) {
        return Await.await(NODES.database.client().sql(sql).mapValue(Boolean.class).one());
    }
}
