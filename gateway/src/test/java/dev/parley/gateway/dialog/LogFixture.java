package dev.parley.gateway.dialog;

import static dev.parley.gateway.Await.await;

import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

/** The dialog package, wired by hand over a database of its own. */
final class LogFixture implements AutoCloseable {

    static final MessageSettings SETTINGS = new MessageSettings(DataSize.ofKilobytes(2), 0, 0, 1000, 100, 20, 1000);

    final TestDatabase database = TestDatabase.fresh();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Dialogs dialogs = new Dialogs(database.client());
    final Inbox inbox = new Inbox(dialogs, OtherInboxes.NONE, Schedulers.parallel());
    final Rooms rooms;
    final History history = new History(database.client(), meters);
    final MessageLog log;
    final DialogFeed feed;
    private final MissedEnds missedEnds;
    final Handoffs handoffs;
    final RecordingDesk desk = new RecordingDesk();
    /** Whom every follower is shown. */
    volatile List<DialogEvent.OfPerson> people = List.of();

    LogFixture() {
        this(EventBus.NONE);
    }

    LogFixture(EventBus bus) {
        rooms = new Rooms(new RecentSettings(100, Duration.ofMinutes(1), 1000), inbox, bus, meters,
                Schedulers.parallel());
        StaticListableBeanFactory beans = new StaticListableBeanFactory();
        beans.addBean("desk", desk);
        ObjectProvider<AnswerDesk> provider = beans.getBeanProvider(AnswerDesk.class);
        missedEnds = new MissedEnds(rooms, provider);
        feed = new DialogFeed(rooms, history, provider, dialogId -> Mono.just(people), SETTINGS);
        log = new MessageLog(new AppendStatement(database.connections(), new ThisNode()), rooms, provider, SETTINGS,
                meters);
        TransactionalOperator transactional = TransactionalOperator
                .create(new R2dbcTransactionManager(database.connections()));
        handoffs = new Handoffs(new TurnTransaction(database.client(), transactional,
                beans.getBeanProvider(OtherDesks.class), new ThisNode()), new TurnInquiry(dialogs, history, rooms),
                provider, rooms);
        database.execute("insert into assistants (name) values ('Ada')");
        database.execute(
                "insert into users (username, name, password_hash, roles) values ('anna', 'Anna', '', '{operator}'),"
                        + " ('ben', 'Ben', '', '{operator}')");
    }

    /** What somebody hears who follows from there. */
    Flux<DialogEvent> follow(long dialogId, long since) {
        return feed.follow(dialogId, since, Map.of()).map(SharedEvent::event);
    }

    /** So many new dialogs of the visitor {@code v}, with the ids that follow those that were there. */
    List<Long> openDialogs(int count) {
        Long before = await(database.client()
                .sql("select coalesce(max(id), 0) as id from dialogs")
                .map(row -> History.require(row, "id", Long.class))
                .one());
        database.execute("insert into dialogs (assistant_id, visitor_id) select 1, 'v' from generate_series(1, %d)"
                .formatted(count));
        return java.util.stream.LongStream.rangeClosed(before + 1, before + count).boxed().toList();
    }

    /** As another node would, where nobody here hears of it. */
    void storeElsewhere(long dialogId, long seq, Sender sender, String requestId) {
        database.execute(
                """
                        insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, request_id, turn, created_at)
                        values (%1$d, %2$d, '%3$s', 'v', 'elsewhere' || %2$d, 'x', nullif('%4$s', ''), 0, now());
                        update dialogs set last_seq = %2$d where id = %1$d"""
                        .formatted(dialogId, seq, sender.word(), requestId));
    }

    static NewMessage fromUser(long dialogId, String clientMsgId, String text) {
        return new NewMessage(dialogId, Sender.USER, "v", null, clientMsgId, text, null, null, null, null);
    }

    static NewMessage question(long dialogId, String clientMsgId, String text, String requestId) {
        return new NewMessage(dialogId, Sender.USER, "v", null, clientMsgId, text, null, requestId, null, "visitor:v");
    }

    static NewMessage answer(long dialogId, String requestId, String text, long turn) {
        return new NewMessage(dialogId, Sender.ASSISTANT, NewMessage.ASSISTANT, "Ada", NewMessage.answerId(requestId),
                text,
                null, requestId, turn, null);
    }

    static NewMessage fromManager(long dialogId, String clientMsgId, String text) {
        return new NewMessage(dialogId, Sender.MANAGER, "1", "Anna", clientMsgId, text, null, null, null, null);
    }

    @Override
    public void close() {
        missedEnds.destroy();
        database.close();
    }
}
