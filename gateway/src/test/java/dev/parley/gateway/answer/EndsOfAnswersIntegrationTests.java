package dev.parley.gateway.answer;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.CuttingProxy;
import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.database.TestConnections;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.MessageLog;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Models;
import dev.parley.gateway.model.Tries;
import io.micrometer.core.instrument.MeterRegistry;
import io.r2dbc.pool.ConnectionPool;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What becomes of answers that say what a test wants. */
class EndsOfAnswersIntegrationTests extends RunningGateway {

    private static final ModelName LLAMA = new ModelName(ModelKind.OLLAMA, "llama3.2");
    private static final Speaker ADA = new Speaker(1, "Ada", LLAMA, "Be kind.");
    private static final AtomicInteger IDS = new AtomicInteger();

    @Autowired
    private Answers answers;

    @Autowired
    private Dispatcher dispatcher;

    @Autowired
    private MessageLog log;

    @Autowired
    private ConversationReader conversations;

    @Autowired
    private Rooms rooms;

    @Autowired
    private DialogFeed feed;

    @Autowired
    private Models models;

    @Autowired
    private AnswerSettings settings;

    @Autowired
    private ThisNode node;

    @Autowired
    private ObjectProvider<UserShares> shares;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private DatabaseClient database;

    private final List<DialogEvent> heard = new CopyOnWriteArrayList<>();
    private final AtomicInteger over = new AtomicInteger();
    private AnswerTicket ticket = ticket(0, "");
    private Disposable following = Disposables.disposed();

    @BeforeEach
    void aQuestionThatSomebodyFollows() {
        long dialogId = Objects.requireNonNull(await(database
                .sql("insert into dialogs (assistant_id, visitor_id, last_seq) values (1, 'v', 1) returning id")
                .mapValue(Long.class).one()));
        ticket = ticket(dialogId, "ends-" + IDS.incrementAndGet());
        DATABASE.execute(
                """
                        insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, request_id, turn, created_at)
                        values (%1$d, 1, 'user', 'v', 'm', 'why?', '%2$s', 0, now());
                        insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, node)
                        values ('%2$s', %1$d, 1, 0, 'visitor:v', %3$d)"""
                        .formatted(dialogId, ticket.requestId(), node.id()));
        following = feed.follow(dialogId, 0, Map.of()).subscribe(event -> heard.add(event.event()));
        Awaitility.await().until(() -> !heard.isEmpty());
    }

    @AfterEach
    void leave() {
        following.dispose();
    }

    @Test
    void aCharacterThatCannotBeStoredIsReplaced() {
        say("one\0two");
        assertThat(finished()).extracting(AnswerFinished::reason).containsExactly(AnswerEnd.DONE);
        assertThat(heard).filteredOn(Logged.class::isInstance)
                .extracting(event -> ((Logged) event).message())
                .filteredOn(message -> message.sender() == Sender.ASSISTANT)
                .extracting(Message::text).containsExactly("one\uFFFDtwo");
    }

    @Test
    void anAnswerThatCannotBeStoredIsNotGivenAgain() {
        DATABASE.execute("alter table messages add constraint decency check (text <> 'unspeakable') not valid");
        try {
            say("unspeakable");
        } finally {
            DATABASE.execute("alter table messages drop constraint decency");
        }
        assertThat(finished()).extracting(AnswerFinished::reason).containsExactly(AnswerEnd.FAILED);
        assertThat(state()).isEqualTo("failed");
    }

    @Test
    void anEndIsToldOfWhoseStoringWasNotConfirmed() throws IOException {
        whileConfirmationsAreLost(proxied -> start(tools("", proxied)));
        assertThat(finished()).extracting(AnswerFinished::reason).containsExactly(AnswerEnd.FAILED);
    }

    @Test
    void soIsTheEndOfAnAnswerThatNeverBegan() throws IOException {
        whileConfirmationsAreLost(proxied -> new Endings(tools("", proxied), new AnswerQueue(
                new AnswerQueue.Limits(1, 1, 1, Duration.ZERO), models::readiness, Schedulers.parallel()),
                ended -> over.incrementAndGet()).end(ticket, AnswerEnd.FAILED));
        assertThat(finished()).extracting(AnswerFinished::reason).containsExactly(AnswerEnd.FAILED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerOfAnEarlierTurnDoesNotStayOpen(boolean isFresh) {
        DATABASE.execute("update dialogs set turn = turn + 1 where id = %d".formatted(ticket.dialogId()));
        start(tools("late words", database), isFresh);
        awaitEnd();
        assertThat(finished()).extracting(AnswerFinished::reason).containsExactly(AnswerEnd.CANCELLED);
        assertThat(state()).isEqualTo("cancelled");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerOfAnotherNodeIsLetBe(boolean isFresh) {
        DATABASE.execute(
                "insert into nodes (id, alive_until) values (1, now() + interval '1 hour') on conflict do nothing");
        DATABASE.execute("update answers set node = 1 where request_id = '%s'".formatted(ticket.requestId()));
        start(tools("late words", database), isFresh);
        Awaitility.await().until(() -> over.get() > 0);
        assertThat(finished()).isEmpty();
        assertThat(state()).isEqualTo("queued");
    }

    @Test
    void aQuestionThatIsStoredTooLateWaitsForItsOwnModel() {
        DATABASE.execute("""
                insert into assistants (name, model) values ('Late', 'another');
                update dialogs set assistant_id = (select max(id) from assistants where name = 'Late') where id = %d"""
                .formatted(ticket.dialogId()));
        Message question = ((Logged) heard.getFirst()).message();
        try (HeldAnswer held = HeldAnswer.next(MODEL, 1)) {
            answers.reserve(question, "visitor:v");
            answers.release(question);
            Awaitility.await().until(() -> dispatcher.queue().find(ticket.requestId()).isPresent());
            assertThat(dispatcher.queue().find(ticket.requestId()).orElseThrow().model())
                    .isEqualTo(models.name(ModelKind.OLLAMA, "another"));
            held.goOn(1);
        }
        Awaitility.await().until(() -> !finished().isEmpty());
    }

    /** What is done by way of this database is committed, and its first confirmation lost. */
    private void whileConfirmationsAreLost(Consumer<DatabaseClient> work) throws IOException {
        try (CuttingProxy proxy = new CuttingProxy(DATABASE.server().host(), DATABASE.server().port())) {
            ConnectionPool pool = TestConnections.open(DATABASE.url(proxy.port()), 1);
            proxy.holdAnswersAfter(ticket.requestId());
            work.accept(DatabaseClient.create(pool));
            Awaitility.await().until(() -> state().equals("failed"));
            proxy.cut();
            proxy.heal();
            awaitEnd();
            pool.disposeLater().block(TIMEOUT);
        }
    }

    /** Runs the answer, of which it is known what is to be said, to its end. */
    private void say(String words) {
        start(tools(words, database));
        awaitEnd();
    }

    private AnswerTools tools(String words, DatabaseClient client) {
        var known = new FirstAnswers(Duration.ofHours(1), System::nanoTime, meters);
        Conversation conversation = await(conversations.read(ticket, true, Mono.empty())).conversation();
        known.keep(FirstQuestion.of(ticket, ADA, conversation).orElseThrow(), words);
        return new AnswerTools(new AnswerStore(client, models, node), log, conversations, rooms, models, known,
                settings,
                node, shares, meters);
    }

    private void start(AnswerTools tools) {
        start(tools, true);
    }

    private void start(AnswerTools tools, boolean isFresh) {
        new AnswerRun(ticket, isFresh, new Tries(), tools).start(new AnswerRun.Host() {
            @Override
            public void notReady(ModelName model) {
                throw new AssertionError(model);
            }

            @Override
            public void modelFree() {}

            @Override
            public void over() {
                over.incrementAndGet();
            }
        });
    }

    private void awaitEnd() {
        Awaitility.await().until(() -> over.get() > 0 && !finished().isEmpty());
    }

    private List<AnswerFinished> finished() {
        return heard.stream().filter(AnswerFinished.class::isInstance).map(AnswerFinished.class::cast).toList();
    }

    private String state() {
        return await(database.sql("select state from answers where request_id = $1")
                .bind("$1", ticket.requestId()).mapValue(String.class).one());
    }

    private static AnswerTicket ticket(long dialogId, String requestId) {
        return new AnswerTicket(requestId, dialogId, 1, 0, LLAMA, ADA, "visitor:v", AnswerClass.INTERACTIVE,
                Instant.EPOCH);
    }
}
