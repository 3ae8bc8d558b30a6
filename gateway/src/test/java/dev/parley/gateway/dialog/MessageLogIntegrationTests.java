package dev.parley.gateway.dialog;

import dev.parley.gateway.database.ThisNode;
import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static dev.parley.gateway.Await.PATIENCE;
import static dev.parley.gateway.Await.await;
import static dev.parley.gateway.dialog.LogFixture.answer;
import static dev.parley.gateway.dialog.LogFixture.fromManager;
import static dev.parley.gateway.dialog.LogFixture.fromUser;
import static dev.parley.gateway.dialog.LogFixture.question;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.ProblemException;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
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
class MessageLogIntegrationTests {

    private static final Caller.Operator ANNA = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));

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
    void messagesAreNumberedWithoutAHoleInTheOrderInWhichTheyCame() {
        Flux<Append> sent = Flux.range(1, 120).flatMap(i -> fixture.log.append(fromUser(dialog, "m" + i, "text " + i)),
                120);
        StepVerifier.create(sent).expectNextCount(120).expectComplete().verify(PATIENCE);

        List<Message> log = log();
        assertThat(log).extracting(Message::seq).containsExactlyElementsOf(seqs(120));
        assertThat(log).extracting(Message::text).element(0).isEqualTo("text 1");
        assertThat(log).extracting(Message::text).element(119).isEqualTo("text 120");
    }

    @Test
    void theSameMessageAgainIsFoundAndNotStoredTwice() {
        Append.Stored first = stored(fromUser(dialog, "same", "hello"));
        Append.Stored again = stored(fromUser(dialog, "same", "hello, edited on the way"));

        assertThat(again.repeated()).isTrue();
        assertThat(again.message().seq()).isEqualTo(first.message().seq());
        assertThat(again.message().id()).isEqualTo(first.message().id());
        assertThat(again.message().timestamp()).isEqualTo(first.message().timestamp());
        assertThat(log()).hasSize(1);
    }

    @Test
    void repeatsWithinOneBatchAreFoundToo() {
        Flux<Append> sent = Flux.range(0, 60).flatMap(i -> fixture.log.append(fromUser(dialog, "m" + i % 6, "x")), 60);
        List<Append> outcomes = sent.collectList().block(PATIENCE);

        assertThat(outcomes).hasSize(60).allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Append.Stored.class));
        assertThat(outcomes).filteredOn(outcome -> !((Append.Stored) outcome).repeated()).hasSize(6);
        assertThat(log()).extracting(Message::seq).containsExactlyElementsOf(seqs(6));
    }

    @Test
    void theSenderIsToldBeforeAnybodyElseAndTheAnswerComesLast() {
        List<String> order = new CopyOnWriteArrayList<>();
        Disposable follower = fixture.follow(dialog, 0)
                .subscribe(event -> order.add(event instanceof DialogEvent.Logged ? "followers" : "other"));
        try {
            stored(fromUser(dialog, "first", "the follower has caught up when it hears this"));
            Awaitility.await().untilAsserted(() -> assertThat(order).hasSize(1));
            order.clear();
            Append outcome = fixture.log.append(question(dialog, "q", "why?", "r-" + dialog))
                    .doOnNext(ack -> order.add("sender after " + fixture.desk.told))
                    .block(PATIENCE);
            assertThat(outcome).isInstanceOf(Append.Stored.class);
            Awaitility.await().untilAsserted(() -> assertThat(fixture.desk.told).hasSize(2));
        } finally {
            follower.dispose();
        }
        assertThat(order).containsExactly("sender after [reserve r-%d for visitor:v]".formatted(dialog), "followers");
        assertThat(fixture.desk.told).containsExactly("reserve r-%d for visitor:v".formatted(dialog),
                "release r-" + dialog);
    }

    @Test
    void aSenderWhoLeavesIsHeardAllTheSame() {
        StepVerifier
                .create(fixture.follow(dialog, 0).ofType(DialogEvent.Logged.class).map(e -> e.message().text()))
                .then(() -> fixture.log.append(fromUser(dialog, "gone", "last words")).subscribe().dispose())
                .expectNext("last words")
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void anAnswerIsWantedOnlyWhileTheAssistantSpeaks() {
        fixture.handoffs.takeOver(dialog, ANNA).block(PATIENCE);
        Append.Stored stored = stored(question(dialog, "q", "are you human?", "r2-" + dialog));
        assertThat(stored.message().requestId()).isNull();
        assertThat(stored.assistantSpeaks()).isFalse();
        assertThat(fixture.desk.told).noneMatch(told -> told.startsWith("reserve"));
    }

    @Test
    void anAnswerOfAnEarlierTurnIsRefused() {
        stored(question(dialog, "q", "why?", "r3-" + dialog));
        fixture.handoffs.takeOver(dialog, ANNA).block(PATIENCE);
        assertThat(append(answer(dialog, "r3-" + dialog, "because", 0))).isEqualTo(Append.Refused.TURN_ENDED);
        assertThat(log()).extracting(Message::sender).doesNotContain(Sender.ASSISTANT);
    }

    @Test
    void anAnswerThatAnotherNodeHasTakenUpIsThatNodesToStore() {
        stored(question(dialog, "q", "why?", "r5-" + dialog));
        fixture.database.execute("update answers set node = 1 where request_id = 'r5-%d'".formatted(dialog));
        assertThat(append(answer(dialog, "r5-" + dialog, "because", 0))).isEqualTo(Append.Refused.ANSWER_LOST);
        assertThat(log()).extracting(Message::sender).doesNotContain(Sender.ASSISTANT);
    }

    @Test
    void anAnswerThatHasEndedWithoutAWordGetsNoneLater() {
        stored(question(dialog, "q", "why?", "r6-" + dialog));
        fixture.database.execute("update answers set state = 'cancelled', ended_at = now() where request_id = 'r6-%d'"
                .formatted(dialog));
        assertThat(append(answer(dialog, "r6-" + dialog, "because", 0))).isEqualTo(Append.Refused.ANSWER_LOST);
    }

    @Test
    void anAnswerThatIsStoredAgainIsARepeat() {
        stored(question(dialog, "q", "why?", "r7-" + dialog));
        stored(answer(dialog, "r7-" + dialog, "because", 0));
        assertThat(stored(answer(dialog, "r7-" + dialog, "because", 0)).repeated()).isTrue();
    }

    @Test
    void anAnswerEndsWhatWasAskedFor() {
        stored(question(dialog, "q", "why?", "r4-" + dialog));
        stored(answer(dialog, "r4-" + dialog, "because", 0));
        assertThat(await(fixture.database.client().sql("select state from answers where request_id = $1")
                .bind("$1", "r4-" + dialog).map(row -> History.require(row, "state", String.class)).one()))
                .isEqualTo("done");
    }

    @Test
    void aHumanInAnAssistantsDialogHasToTakeItOverFirst() {
        assertThat(append(fromManager(dialog, "m", "let me help"))).isEqualTo(Append.Refused.ASSISTANT_SPEAKS);
        fixture.handoffs.takeOver(dialog, ANNA).block(PATIENCE);
        assertThat(stored(fromManager(dialog, "m", "let me help")).message().seq()).isEqualTo(2);
    }

    @Test
    void aHumansMessageMayBeForOneTurnOnly() {
        Dialog taken = fixture.handoffs.takeOver(dialog, ANNA).blockOptional(PATIENCE).orElseThrow();
        NewMessage first = fromManager(dialog, "1", "let me help").inTurn(taken.turn());
        assertThat(stored(first).message().turn()).isEqualTo(taken.turn());
        fixture.handoffs.giveBack(dialog, ANNA).block(PATIENCE);
        fixture.handoffs.takeOver(dialog, ANNA).block(PATIENCE);
        assertThat(append(fromManager(dialog, "2", "and then").inTurn(taken.turn())))
                .isEqualTo(Append.Refused.TURN_ENDED);
        assertThat(append(first)).as("a repeat").isInstanceOf(Append.Stored.class);
    }

    @Test
    void aClosedOrUnknownDialogTakesNothing() {
        fixture.handoffs.close(dialog, ANNA).block(PATIENCE);
        assertThat(append(fromUser(dialog, "late", "hello?"))).isEqualTo(Append.Refused.CLOSED);
        assertThat(append(fromUser(999_999, "lost", "hello?"))).isEqualTo(Append.Refused.NO_DIALOG);
    }

    /** There is a statement for one message, one for many, and one for many of which some are not new, or may not be said. */
    @Test
    void aMessageFaresTheSameAloneAsAmongOthers() {
        long closed = fixture.openDialogs(1).getFirst();
        long human = fixture.openDialogs(1).getFirst();
        fixture.handoffs.close(closed, ANNA).block(PATIENCE);
        fixture.handoffs.takeOver(human, ANNA).block(PATIENCE);
        List<Function<String, NewMessage>> kinds = List.of(id -> fromUser(dialog, id, "hello"),
                id -> fromUser(dialog, "known", "hello"), id -> fromUser(closed, id, "hello"),
                id -> fromUser(999_999, id, "hello"), id -> fromManager(dialog, id, "hello"),
                id -> fromManager(human, id, "hello"), id -> question(dialog, id, "why?", "q-" + id + dialog),
                id -> question(human, id, "why?", "q-" + id + human), id -> answer(dialog, id + dialog, "because", 0),
                id -> answer(dialog, id + dialog, "because", 7), id -> answer(human, id + human, "because", 0));
        stored(fromUser(dialog, "known", "hello"));
        AppendStatement statement = new AppendStatement(fixture.database.connections(), new ThisNode());
        for (int i = 0; i < kinds.size(); i++) {
            Function<String, NewMessage> kind = kinds.get(i);
            Append alone = await(statement.execute(List.of(kind.apply("alone" + i)))).getFirst();
            List<Append> together = await(statement.execute(List.of(kind.apply("together" + i),
                    fromUser(dialog, "beside" + i, "me"))));
            assertThat(likeness(together.getFirst())).as("%s", kind.apply("")).isEqualTo(likeness(alone));
        }
        assertThat(log()).extracting(Message::seq).containsExactlyElementsOf(seqs(log().size()));
        assertThat(await(fixture.database.client().sql("select count(*) as n from answers where dialog_id = $1")
                .bind("$1", dialog).map(row -> History.require(row, "n", Long.class)).one())).isEqualTo(2);
    }

    /** All but what is each message's own. */
    private static Object likeness(Append append) {
        return switch (append) {
            case Append.Refused refused -> refused;
            case Append.Stored(Message message, boolean repeated, boolean assistantSpeaks) -> List.of(repeated,
                    assistantSpeaks, message.requestId() != null, message.turn(), message.sender(), message.text());
        };
    }

    @Test
    void aBadMessageHarmsOnlyItself() {
        Flux<String> sent = Flux.range(1, 30)
                .flatMap(i -> fixture.log.append(fromUser(dialog, "b" + i, i == 13 ? "nul \0 byte" : "fine"))
                        .map(outcome -> "stored")
                        .onErrorReturn("failed"), 30);
        List<String> outcomes = sent.collectList().block(PATIENCE);
        assertThat(outcomes).filteredOn("failed"::equals).hasSize(1);
        assertThat(log()).extracting(Message::seq).containsExactlyElementsOf(seqs(29));
    }

    @Test
    void aDialogThatIsLockedForTooLongHarmsNoOther() {
        List<Long> busy = fixture.openDialogs(2);
        long locked = fixture.openDialogs(1).getFirst();
        Connection forAMoment = lock(busy);
        Connection forLong = lock(List.of(locked));
        for (int lane = 0; lane < 2; lane++) {
            fixture.log.append(fromUser(busy.get(lane), "busy", "hello")).subscribe();
            int waiting = lane + 1;
            Awaitility.await().until(() -> waitingForALock() == waiting);
        }
        // So all of these gather.
        var sent = Flux.range(1, 30)
                .flatMap(i -> fixture.log.append(fromUser(i % 5 == 1 ? locked : dialog, "k" + i, "hello"))
                        .map(outcome -> "stored")
                        .onErrorResume(ProblemException.class, error -> Mono.just(error.problem().name())), 30)
                .collectList().toFuture();
        unlock(forAMoment);
        assertThat(sent.join()).hasSize(30).containsOnly("stored", "UNAVAILABLE").filteredOn("UNAVAILABLE"::equals)
                .hasSize(6);
        unlock(forLong);
        assertThat(log()).hasSize(24);
    }

    private static Connection lock(List<Long> dialogs) {
        Connection holder = await(Mono.from(fixture.database.connections().create()));
        await(Mono.from(holder.beginTransaction())
                .then(Mono.from(holder.createStatement("select from dialogs where id = any($1) for update")
                        .bind("$1", dialogs.toArray(Long[]::new))
                        .execute()))
                .flatMap(result -> Mono.from(result.getRowsUpdated())));
        return holder;
    }

    private static void unlock(Connection holder) {
        Mono.from(holder.rollbackTransaction()).then(Mono.from(holder.close())).block(PATIENCE);
    }

    @Test
    void aRepeatThatAnotherNodeIsJustStoringIsFound() {
        NewMessage message = fromUser(dialog, "same", "hello");
        Connection elsewhere = await(Mono.from(fixture.database.connections().create()));
        await(Mono.from(elsewhere.beginTransaction()).then(AppendOne.execute(elsewhere, message, 1)));
        var again = fixture.log.append(message).toFuture();
        Awaitility.await().until(() -> again.isDone() || waitingForALock() > 0);
        Mono.from(elsewhere.commitTransaction()).then(Mono.from(elsewhere.close())).block(PATIENCE);
        assertThat(again.join()).isInstanceOfSatisfying(Append.Stored.class,
                stored -> assertThat(stored.repeated()).isTrue());
        assertThat(log()).hasSize(1);
    }

    private static long waitingForALock() {
        return await(fixture.database.client().sql("""
                select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'""")
                .mapValue(Long.class).one());
    }

    private static Append append(NewMessage message) {
        return await(fixture.log.append(message));
    }

    private static Append.Stored stored(NewMessage message) {
        return (Append.Stored) append(message);
    }

    private List<Message> log() {
        return await(fixture.history.after(dialog, 0, 200).map(History.Page::messages));
    }

    private static List<Long> seqs(int count) {
        return java.util.stream.LongStream.rangeClosed(1, count).boxed().toList();
    }
}
