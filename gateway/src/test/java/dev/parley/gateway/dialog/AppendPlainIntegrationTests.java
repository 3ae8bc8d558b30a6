package dev.parley.gateway.dialog;

import static dev.parley.gateway.Await.await;
import static dev.parley.gateway.dialog.LogFixture.fromManager;
import static dev.parley.gateway.dialog.LogFixture.fromUser;
import static dev.parley.gateway.dialog.LogFixture.question;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Caller;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What it stores by itself; what it leaves to others is told apart in {@link MessageLogIntegrationTests}. */
class AppendPlainIntegrationTests {

    private static final Caller.Operator ANNA = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));

    private static LogFixture fixture;

    private long one;
    private long another;

    @BeforeAll
    static void start() {
        fixture = new LogFixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @BeforeEach
    void openDialogs() {
        List<Long> dialogs = fixture.openDialogs(2);
        one = dialogs.getFirst();
        another = dialogs.getLast();
    }

    private static List<Append> append(NewMessage... messages) {
        return await(Mono.usingWhen(fixture.database.connections().create(),
                connection -> AppendPlain.execute(connection, List.of(messages), 1), Connection::close)
                .defaultIfEmpty(List.of()));
    }

    private static List<String> seen(List<Append> outcomes) {
        return outcomes.stream().map(Append.Stored.class::cast).map(Append.Stored::message)
                .map(message -> message.dialogId() + " " + message.seq() + " " + message.text()).toList();
    }

    private static long count(String table, long dialogId) {
        return await(fixture.database.client().sql("select count(*) as n from " + table + " where dialog_id = $1")
                .bind("$1", dialogId).map(row -> History.require(row, "n", Long.class)).one());
    }

    @Test
    void messagesOfSeveralDialogsAreNumberedInTheirOrder() {
        List<Append> outcomes = append(fromUser(another, "1", "a"), fromUser(one, "2", "b"),
                fromUser(another, "3", "c"),
                fromUser(another, "4", "d"));
        assertThat(seen(outcomes)).containsExactly(another + " 1 a", one + " 1 b", another + " 2 c", another + " 3 d");
        assertThat(await(fixture.history.after(another, 0, 10)).messages()).extracting(Message::text)
                .containsExactly("a", "c", "d");
    }

    @Test
    void whatAsksForAnAnswerDoesSoWhileTheAssistantSpeaks() {
        await(fixture.handoffs.takeOver(another, ANNA));
        List<Append> outcomes = append(question(one, "1", "why?", "r-" + one),
                question(another, "2", "why?", "r-" + another), fromManager(another, "3", "because"));
        assertThat(outcomes).extracting(outcome -> ((Append.Stored) outcome).message().requestId())
                .containsExactly("r-" + one, null, null);
        assertThat(outcomes).extracting(outcome -> ((Append.Stored) outcome).assistantSpeaks())
                .containsExactly(true, false, false);
        assertThat(count("answers", one)).isEqualTo(1);
        assertThat(count("answers", another)).isZero();
    }

    @Test
    void whereOneIsARepeatNoneIsStored() {
        assertThat(append(fromUser(one, "1", "a"))).hasSize(1);
        assertThat(append(fromUser(another, "1", "b"), fromUser(one, "1", "a"))).isEmpty();
        assertThat(count("messages", another)).isZero();
        assertThat(seen(append(fromUser(one, "2", "c")))).as("no number is lost").containsExactly(one + " 2 c");
    }

    @Test
    void whereOneMayNotBeSaidNoneIsStored() {
        assertThat(append(fromUser(another, "1", "b"), fromManager(one, "1", "let me help"))).isEmpty();
        assertThat(append(fromUser(another, "1", "b"), fromUser(one, "1", "a").inTurn(7))).isEmpty();
        assertThat(append(fromUser(another, "1", "b"), fromUser(999_999, "1", "a"))).isEmpty();
        assertThat(count("messages", another)).isZero();
    }

    @Test
    void messagesForTwoTurnsOfADialogAreNotForIt() {
        assertThat(append(fromUser(one, "1", "a").inTurn(0), fromUser(one, "2", "b").inTurn(1))).isEmpty();
    }
}
