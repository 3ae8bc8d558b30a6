package dev.parley.gateway.dialog;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static dev.parley.gateway.Await.PATIENCE;
import static dev.parley.gateway.Await.await;
import static dev.parley.gateway.dialog.LogFixture.answer;
import static dev.parley.gateway.dialog.LogFixture.fromUser;
import static dev.parley.gateway.dialog.LogFixture.question;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@ResourceLock(Lanes.OWN)
class HandoffsIntegrationTests {

    private static final Caller.Operator ANNA = new Caller.Operator(1, "Anna", Set.of(Role.OPERATOR));
    private static final Caller.Operator BEN = new Caller.Operator(2, "Ben", Set.of(Role.OPERATOR));
    private static final Caller.Operator ADMIN = new Caller.Operator(2, "Ben", Set.of(Role.ADMIN));
    private static final Caller.Visitor VISITOR = new Caller.Visitor("v", 1, "Vera");

    private static LogFixture fixture;
    private long dialog;

    @BeforeAll
    static void start() {
        fixture = new LogFixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @BeforeEach
    void openDialog() {
        dialog = fixture.openDialogs(1).getFirst();
        fixture.desk.told.clear();
        fixture.desk.texts = List.of();
    }

    @Test
    void anInquiryEndsItsHoldOnce() {
        var inquiry = new TurnInquiry(fixture.dialogs, fixture.history, fixture.rooms);
        for (int i = 1; i <= 2; i++) {
            int times = i;
            inquiry.begin(dialog, fixture.desk.hold(dialog));
            Awaitility.await().until(() -> fixture.desk.told.stream().filter("end 0"::equals).count() == times);
        }
        assertThat(fixture.desk.told).containsExactly("hold", "end 0", "hold", "end 0");
        inquiry.destroy();
    }

    @Test
    void aTakeoverKeepsWhatWasSaidBeforeItSaysThatItHappened() {
        await(fixture.log.append(question(dialog, "q", "why?", "r" + dialog)));
        fixture.desk.texts = List.of(new AnswerDesk.PartialAnswer("r" + dialog, "Because the"));

        Flux<DialogEvent> events = fixture.follow(dialog, 1);
        StepVerifier.create(events)
                .then(() -> fixture.handoffs.takeOver(dialog, ANNA).subscribe())
                .assertNext(event -> assertThat(((Logged) event).message()).satisfies(partial -> {
                    assertThat(partial.text()).isEqualTo("Because the");
                    assertThat(partial.state()).isEqualTo(Message.State.CANCELLED);
                    assertThat(partial.seq()).isEqualTo(2);
                    assertThat(partial.turn()).isZero();
                }))
                .assertNext(event -> assertThat(event).isEqualTo(
                        new AnswerFinished(dialog, "r" + dialog, 0, AnswerEnd.HANDOFF, 2L)))
                .assertNext(event -> assertThat(((Logged) event).message()).satisfies(started -> {
                    assertThat(started.kind()).isEqualTo(Message.Kind.HANDOFF_STARTED);
                    assertThat(started.seq()).isEqualTo(3);
                    assertThat(started.turn()).isEqualTo(1);
                    assertThat(started.senderName()).isEqualTo("Anna");
                }))
                .thenCancel()
                .verify(PATIENCE);
        assertThat(fixture.desk.told).contains("hold", "end 1");
    }

    @Test
    void takingOverTwiceChangesNothing() {
        Dialog first = await(fixture.handoffs.takeOver(dialog, ANNA));
        Dialog second = await(fixture.handoffs.takeOver(dialog, ANNA));
        assertThat(second).isEqualTo(first);
        assertThat(second.mode()).isEqualTo(Dialog.Mode.HUMAN);
        assertThat(second.assignee()).isEqualTo(new Dialog.Assignee(1, "Anna"));
        assertThat(fixture.desk.told).endsWith("hold", "resume");
    }

    @Test
    void someoneElsesDialogCannotBeTakenNorGivenBack() {
        await(fixture.handoffs.takeOver(dialog, ANNA));
        assertConflict(fixture.handoffs.takeOver(dialog, BEN), "Anna has taken the dialog over");
        assertConflict(fixture.handoffs.giveBack(dialog, BEN), "Anna has taken the dialog over");
        assertThat(await(fixture.handoffs.giveBack(dialog, ADMIN)).mode()).isEqualTo(Dialog.Mode.AI);
    }

    @Test
    void twoWhoTakeOverAtOnceGetOneTakeover() {
        List<String> outcomes = await(Flux.just(ANNA, BEN)
                .flatMap(operator -> fixture.handoffs.takeOver(dialog, operator).map(d -> "taken")
                        .onErrorReturn("refused"))
                .collectSortedList());
        assertThat(outcomes).containsExactly("refused", "taken");
        assertThat(await(fixture.history.after(dialog, 0, 10)).messages()).hasSize(1);
    }

    @Test
    void whoWaitedForAnothersTakeoverIsToldWhoHasTheDialog() {
        Connection anna = await(Mono.from(fixture.database.connections().create()));
        await(Mono.from(anna.beginTransaction())
                .thenMany(anna.createStatement("update dialogs set mode = 'human', assignee_id = 1 where id = $1")
                        .bind("$1", dialog).execute())
                .flatMap(Result::getRowsUpdated)
                .single());
        Mono<Dialog> ben = fixture.handoffs.takeOver(dialog, BEN).cache();
        Disposable waiting = ben.subscribe(taken -> {}, error -> {});
        Awaitility.await().atMost(PATIENCE).until(this::somebodyWaitsForALock);
        await(Mono.from(anna.commitTransaction()).then(Mono.from(anna.close())).thenReturn(true));
        assertConflict(ben, "Anna has taken the dialog over");
        waiting.dispose();
    }

    private boolean somebodyWaitsForALock() {
        return await(fixture.database.client()
                .sql("""
                        select count(*) as waiting from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'""")
                .map(row -> History.require(row, "waiting", Long.class))
                .one()) > 0;
    }

    @Test
    void aRefusedTakeoverLetsTheAnswersGoOn() {
        await(fixture.handoffs.close(dialog, ANNA));
        fixture.desk.told.clear();
        assertConflict(fixture.handoffs.takeOver(dialog, ANNA), "The dialog is closed");
        assertThat(fixture.desk.told).containsExactly("hold", "resume");
    }

    @Test
    void aHumanIsAskedForOnceAndTheAssistantGoesOn() {
        Dialog asked = await(fixture.handoffs.requestHuman(dialog, VISITOR));
        await(fixture.handoffs.requestHuman(dialog, VISITOR));
        assertThat(asked.needsHuman()).isTrue();
        assertThat(asked.turn()).isZero();
        assertThat(await(fixture.history.after(dialog, 0, 10)).messages()).singleElement()
                .satisfies(message -> assertThat(message.kind()).isEqualTo(Message.Kind.HUMAN_REQUESTED));
    }

    @Test
    void aReopenedDialogTakesMessagesAgain() {
        await(fixture.handoffs.close(dialog, ANNA));
        await(fixture.handoffs.reopen(dialog, ANNA));
        assertThat(await(fixture.log.append(fromUser(dialog, "m", "still here"))))
                .isInstanceOfSatisfying(Append.Stored.class, stored -> assertThat(stored.message().seq()).isEqualTo(3));
    }

    @Test
    void anAnswerThatRacesATakeoverIsEitherBeforeItOrNowhere() {
        for (int round = 0; round < 30; round++) {
            long id = fixture.openDialogs(1).getFirst();
            await(fixture.log.append(question(id, "q", "why?", "race" + id)));
            await(Mono.zip(fixture.log.append(answer(id, "race" + id, "because", 0)),
                    fixture.handoffs.takeOver(id, ANNA)));
            List<Message> log = await(fixture.history.after(id, 0, 10)).messages();
            assertThat(log.getLast().kind()).as("round %d: %s", round, log).isEqualTo(Message.Kind.HANDOFF_STARTED);
            assertThat(log).extracting(Message::seq).isSorted().doesNotHaveDuplicates();
        }
    }

    private static void assertConflict(Mono<Dialog> change, String detail) {
        StepVerifier.create(change)
                .expectErrorSatisfies(
                        error -> assertThat(error).isInstanceOfSatisfying(ProblemException.class, problem -> {
                            assertThat(problem.problem()).isEqualTo(Problem.CONFLICT);
                            assertThat(problem.detail()).isEqualTo(detail);
                        }))
                .verify(PATIENCE);
    }
}
