package dev.parley.gateway.answer;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.History;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.ModelRequest;
import dev.parley.gateway.model.ModelRequest.Role;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** How far back a conversation is read. */
class ConversationReaderIntegrationTests extends RunningGateway {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");

    @Autowired
    private ConversationReader conversations;

    private static final Speaker SPEAKER = new Speaker(1, "Ada", MODEL, "Be kind.");

    @Autowired
    private Rooms rooms;

    @Autowired
    private History history;

    @Autowired
    private DatabaseClient database;

    @Test
    void itIsReadAsFarBackAsItFitsAndTheRestIsCounted() {
        Conversation conversation = read(dialog(600, 20));
        long asked = conversation.turns().stream().filter(turn -> turn.role() == Role.USER).count();
        assertThat(asked).as("of 300 turns with 14 tokens each, in three quarters of 4,096").isBetween(80L, 120L);
        assertThat(asked + conversation.droppedTurns()).isEqualTo(300);
        assertThat(conversation.turns().getLast().text()).startsWith("599 ");
    }

    @Test
    void whatFitsAsAWholeIsReadAsAWhole() {
        Conversation conversation = read(dialog(150, 1));
        assertThat(conversation.turns().stream().filter(turn -> turn.role() != Role.SYSTEM)).hasSize(149);
        assertThat(conversation.droppedTurns()).isZero();
    }

    @Test
    void onlyWhatWasSaidBeforeTheQuestionCounts() {
        Conversation conversation = read(dialog(150, 1), 11);
        assertThat(conversation.turns().getLast().text()).startsWith("11 ");
        assertThat(conversation.turns().stream().filter(turn -> turn.role() != Role.SYSTEM)).hasSize(11);
    }

    @Test
    void whatIsRememberedOfAFreshQuestionIsNotAskedOfTheDatabase() {
        long dialogId = dialog(3, 5);
        Disposable room = rooms.hold(dialogId);
        await(history.after(dialogId, 0, 10)).messages().forEach(said -> rooms.publish(new Logged(said)));
        AnswerTicket ticket = ticket(dialogId, 3, 0);
        ConversationReader.Begun begun = await(conversations.read(ticket, true, Mono.error(new AssertionError())));
        assertThat(begun.speaker()).isEqualTo(SPEAKER);
        assertThat(begun.conversation().turns()).extracting(ModelRequest.Turn::text)
                .containsExactly("Be kind.", "1 yyyyy", "2 yyyyy", "3 yyyyy");

        Speaker renamed = new Speaker(1, "Bo", MODEL, "");
        assertThat(await(conversations.read(ticket, false, Mono.just(renamed))).speaker())
                .as("of a question that has waited").isEqualTo(renamed);
        room.dispose();
    }

    @Test
    void nobodyAnswersWhereSomebodyHasTakenOver() {
        long dialogId = dialog(1, 5);
        Disposable room = rooms.hold(dialogId);
        await(history.after(dialogId, 0, 10)).messages().forEach(said -> rooms.publish(new Logged(said)));
        rooms.publish(new Logged(new Message(dialogId, 2, 2, Message.Kind.HANDOFF_STARTED, Sender.SYSTEM, "1", "admin",
                null, "", null, null, 1, Instant.EPOCH)));
        assertThat(conversations.read(ticket(dialogId, 1, 0), true, Mono.error(new AssertionError())).blockOptional())
                .isEmpty();
        assertThat(conversations.read(ticket(dialogId, 1, 1), true, Mono.error(new AssertionError())).blockOptional())
                .isPresent();
        room.dispose();
    }

    @Test
    void whoeverIsAtWorkInTheRoomIsNotMadeToBeginTheAnswer() throws Exception {
        long dialogId = dialog(1, 5);
        Disposable room = rooms.hold(dialogId);
        await(history.after(dialogId, 0, 10)).messages().forEach(said -> rooms.publish(new Logged(said)));
        var atWork = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        Thread worker = Thread.ofPlatform().start(() -> rooms.recall(dialogId).subscribe(memory -> {
            atWork.countDown();
            awaitOpen(done);
        }));
        atWork.await();
        var begun = conversations
                .read(ticket(dialogId, 1, 0), true, Mono.error(new AssertionError()))
                .map(conversation -> Thread.currentThread())
                .toFuture();
        assertThat(begun).isNotDone();
        done.countDown();
        assertThat(begun.get(30, TimeUnit.SECONDS)).isNotEqualTo(worker);
        worker.join();

        Mono<Thread> alone = conversations.read(ticket(dialogId, 1, 0), true, Mono.error(new AssertionError()))
                .map(conversation -> Thread.currentThread());
        assertThat(alone.toFuture()).as("at once").isCompletedWithValue(Thread.currentThread());
        room.dispose();
    }

    private static void awaitOpen(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static AnswerTicket ticket(long dialogId, long inReplyTo, long turn) {
        return new AnswerTicket("r", dialogId, inReplyTo, turn, MODEL, SPEAKER, "v", AnswerClass.INTERACTIVE,
                Instant.EPOCH);
    }

    private Conversation read(long dialogId) {
        return read(dialogId, lastQuestion(dialogId));
    }

    private Conversation read(long dialogId, long inReplyTo) {
        return await(conversations.read(ticket(dialogId, inReplyTo, 0), true, Mono.just(SPEAKER))).conversation();
    }

    private long lastQuestion(long dialogId) {
        return number(database.sql("select max(seq) from messages where dialog_id = $1 and sender = 'user'")
                .bind("$1", dialogId));
    }

    /** Users and assistants in turns, users first. */
    private long dialog(int messages, int length) {
        long id = number(database.sql(
                "insert into dialogs (assistant_id, visitor_id, last_seq) values (1, 'reader', $1) returning id")
                .bind("$1", messages));
        await(database.sql("""
                insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)
                select $1, i, case i % 2 when 1 then 'user' else 'assistant' end, 'x', 'm' || i,
                       i || ' ' || repeat('y', $3), 0, now() from generate_series(1, $2) i""")
                .bind("$1", id)
                .bind("$2", messages)
                .bind("$3", length)
                .fetch()
                .rowsUpdated());
        return id;
    }

    private static long number(DatabaseClient.GenericExecuteSpec query) {
        return Objects.requireNonNull(await(query.mapValue(Long.class).one()));
    }
}
