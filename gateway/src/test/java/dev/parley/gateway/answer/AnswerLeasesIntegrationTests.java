package dev.parley.gateway.answer;

import static dev.parley.gateway.Await.PATIENCE;
import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.model.ModelLimits;
import dev.parley.gateway.model.Models;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Whose an answer is, where several nodes work on one database and some of them die. */
class AnswerLeasesIntegrationTests {

    private final TestDatabase database = TestDatabase.fresh();
    private final Models models = new Models(List.of(), new ModelLimits(Duration.ofSeconds(1), Duration.ofSeconds(1),
            Duration.ofSeconds(1), Duration.ofSeconds(1), 0, Duration.ZERO, true, 5), 5, new SimpleMeterRegistry(),
            Schedulers.parallel());
    private final ThisNode first = new ThisNode();
    private final ThisNode second = new ThisNode();
    private final ThisNode third = new ThisNode();

    @BeforeEach
    void aDialogWithAQuestion() {
        database.execute("insert into assistants (name) values ('Ada')");
        database.execute("insert into dialogs (assistant_id, visitor_id, last_seq) values (1, 'v', 1)");
        database.execute(
                "insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)"
                        + " values (1, 1, 'user', 'v', 'm', 'why?', 0, now())");
        List.of(first, second, third).forEach(node -> lives(node, "10 seconds"));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void anAnswerOfANodeThatLivesIsLeftToIt() {
        ask(first, "r");
        await(of(first).begin("r"));
        assertThat(takenUpBy(second)).isEmpty();
        assertThat(await(of(first).end("r", AnswerEnd.FAILED))).isTrue();
    }

    @Test
    void anAnswerOfADeadNodeIsTakenUpOnceWhetherItWaitedOrRan() {
        ask(first, "waits");
        ask(first, "runs");
        await(of(first).begin("runs"));
        lives(first, "-1 second");

        var together = Objects
                .requireNonNull(Mono.zip(of(second).takeUp(false, List.of()), of(third).takeUp(false, List.of()))
                        .block(Duration.ofSeconds(30)));
        assertThat(together.getT1().size() + together.getT2().size()).isEqualTo(2);
        assertThat(takenUpBy(second)).isEmpty();
    }

    @Test
    void aNodeTakesUpWhatItHasAskedForWithoutKnowingIt() {
        ask(first, "known");
        ask(first, "unknown");
        assertThat(takenUpBy(first)).as("it may hear of them any moment").isEmpty();
        database.execute("update answers set queued_at = now() - interval '15 seconds'");
        assertThat(takenUpBy(second)).isEmpty();
        assertThat(await(of(first).takeUp(false, List.of("known")))).extracting(AnswerTicket::requestId)
                .containsExactly("unknown");
    }

    @Test
    void whoHasLostAnAnswerCanNeitherBeginNorEndIt() {
        ask(first, "r");
        lives(first, "-1 second");
        assertThat(takenUpBy(second)).containsExactly("r");

        assertThat(of(first).begin("r").blockOptional(Duration.ofSeconds(30))).isEmpty();
        assertThat(await(of(first).end("r", AnswerEnd.CANCELLED))).isFalse();
        assertThat(await(of(second).begin("r")).name()).isEqualTo("Ada");
    }

    @Test
    void aNodeThatStartsAgainFindsItsOwn() {
        ask(first, "r");
        assertThat(takenUpBy(first)).isEmpty();
        assertThat(await(of(first).takeUp(true, List.of()))).extracting(AnswerTicket::requestId).containsExactly("r");
    }

    @Test
    void whatIsOfAnEarlierTurnIsEndedAtAStart() {
        ask(first, "r");
        database.execute("update dialogs set turn = turn + 1");
        lives(first, "-1 second");
        assertThat(await(of(second).takeUp(true, List.of()))).isEmpty();
        assertThat(await(of(second).ended(1, "r")).reason()).isEqualTo(AnswerEnd.CANCELLED);
    }

    @Test
    void whoAsksWhileTheDialogIsBeingTakenOverGetsNoAnswer() {
        Connection taking = await(Mono.from(database.connections().create()));
        await(Mono.from(taking.beginTransaction())
                .then(Mono.from(taking.createStatement("update dialogs set turn = turn + 1, mode = 'human'").execute()))
                .flatMap(result -> Mono.from(result.getRowsUpdated())));
        var asking = of(first).ask("r", 1, 0, "visitor:v", AnswerClass.INTERACTIVE).hasElement().toFuture();
        Awaitility.await().until(() -> asking.isDone() || isAnyWaitingForALock());
        Mono.from(taking.commitTransaction()).then(Mono.from(taking.close())).block(PATIENCE);
        assertThat(asking.join()).isFalse();
        assertThat(of(first).own().block(PATIENCE)).isEmpty();
    }

    private boolean isAnyWaitingForALock() {
        return await(database.client().sql("""
                select exists (select from pg_stat_activity
                               where datname = current_database() and wait_event_type = 'Lock')""")
                .mapValue(Boolean.class).one());
    }

    private AnswerStore of(ThisNode node) {
        return new AnswerStore(database.client(), models, node);
    }

    private void ask(ThisNode node, String requestId) {
        await(of(node).ask(requestId, 1, 1, "visitor:v", AnswerClass.INTERACTIVE));
    }

    private List<String> takenUpBy(ThisNode node) {
        return await(of(node).takeUp(false, List.of())).stream().map(AnswerTicket::requestId).toList();
    }

    private void lives(ThisNode node, String time) {
        database.execute("insert into nodes (id, alive_until) values (%d, now() + interval '%s') on conflict (id)"
                .formatted(node.id(), time) + " do update set alive_until = excluded.alive_until");
    }
}
