package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.Dialogs.text;
import static dev.parley.gateway.dialog.History.require;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.problem.Problem;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The transaction that changes who speaks. It locks the dialog's row, so no message comes between what it reads and what it
 * writes, here or on another node.
 */
@Component
final class TurnTransaction {

    private static final String END_ANSWERS = """
            update answers set state = $2, ended_at = now() where dialog_id = $1 and state in ('queued', 'running')
            returning request_id, turn""";

    private static final String INSERT = """
            insert into messages (dialog_id, seq, kind, sender, sender_id, sender_name, client_msg_id, text, state,
                                  request_id, turn, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, date_trunc('milliseconds', clock_timestamp()))
            returning dialog_id, seq, id, kind, sender, sender_id, sender_name, client_msg_id, text, state, request_id,
                      turn, created_at""";

    private static final String UPDATE = """
            update dialogs set mode = $2, status = $3, needs_human = $4, assignee_id = $5, turn = $6, last_seq = $7,
                               last_activity_at = $8
            where id = $1""";

    /** Those that are dead will not say anything more. */
    private static final String OTHER_NODES = """
            select distinct a.node from answers a join nodes n on n.id = a.node and n.alive_until > now()
            where a.dialog_id = $1 and a.state in ('queued', 'running') and a.node <> $2""";

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final OtherDesks others;
    private final ThisNode node;

    TurnTransaction(DatabaseClient database, TransactionalOperator transactional, ObjectProvider<OtherDesks> others,
            ThisNode node) {
        this.database = database;
        this.transactional = transactional;
        this.others = others.getIfAvailable(() -> OtherDesks.NONE);
        this.node = node;
    }

    /** @param events what followers have to hear, in this order; none where nothing changed */
    record Outcome(Dialog dialog, boolean turnEnded, List<DialogEvent> events) {}

    private record EndedAnswer(String requestId, long turn) {}

    /** @param partials what the dialog's answers on this node have said, and say no more until this has ended */
    Mono<Outcome> execute(long dialogId, Function<Dialog, TurnChange> decision,
            List<AnswerDesk.PartialAnswer> partials) {
        return Mono.defer(() -> {
            var elsewhere = new AtomicReference<>(OtherDesks.Held.NOTHING);
            return lock(dialogId)
                    .flatMap(dialog -> switch (decision.apply(dialog)) {
                        case TurnChange.None() -> Mono.just(new Outcome(dialog, false, List.of()));
                        case TurnChange.Transition change when change.endsTurn() -> holdElsewhere(dialogId)
                                .doOnNext(elsewhere::set)
                                .flatMap(held -> endTurn(dialog, change, both(partials, held.texts())));
                        case TurnChange.Transition change -> writeMessages(dialog, change, List.of(), Map.of());
                    })
                    .as(transactional::transactional)
                    .doFinally(end -> elsewhere.get().release());
        });
    }

    /** While the dialog's row is locked no question comes, so no answer begins on a node that is not known here. */
    private Mono<OtherDesks.Held> holdElsewhere(long dialogId) {
        return others == OtherDesks.NONE
                ? Mono.just(OtherDesks.Held.NOTHING)
                : database.sql(OTHER_NODES)
                        .bind("$1", dialogId)
                        .bind("$2", node.id())
                        .mapValue(Long.class)
                        .all()
                        .collect(Collectors.toSet())
                        .flatMap(nodes -> nodes.isEmpty()
                                ? Mono.just(OtherDesks.Held.NOTHING)
                                : others.hold(dialogId, nodes));
    }

    private static List<AnswerDesk.PartialAnswer> both(List<AnswerDesk.PartialAnswer> here,
            List<AnswerDesk.PartialAnswer> elsewhere) {
        return Stream.concat(here.stream(), elsewhere.stream()).toList();
    }

    /**
     * Two statements: what one reads beside the row that it locks, such as the assignee's name, is as it was before it waited
     * for the lock.
     */
    private Mono<Dialog> lock(long dialogId) {
        return database.sql("select id from dialogs where id = $1 for no key update")
                .bind("$1", dialogId)
                .map(row -> require(row, "id", Long.class))
                .one()
                .switchIfEmpty(Mono.error(() -> Problem.NOT_FOUND.with("There is no dialog %d".formatted(dialogId))))
                .flatMap(this::read);
    }

    private Mono<Dialog> read(long dialogId) {
        return database.sql(DialogRows.SELECT + " where d.id = $1")
                .bind("$1", dialogId)
                .map(DialogRows::dialog)
                .one();
    }

    private Mono<Outcome> endTurn(Dialog dialog, TurnChange.Transition change,
            List<AnswerDesk.PartialAnswer> partials) {
        // An answer that was taken up elsewhere just now may be known to both: the longer text is what was shown.
        Map<String, String> texts = partials.stream()
                .collect(Collectors.toMap(AnswerDesk.PartialAnswer::requestId, AnswerDesk.PartialAnswer::text,
                        (one, other) -> one.length() >= other.length() ? one : other));
        return endAnswers(dialog, end(change)).flatMap(ended -> writeMessages(dialog, change, ended, texts));
    }

    private static AnswerEnd end(TurnChange.Transition change) {
        return change.kind() == Message.Kind.HANDOFF_STARTED ? AnswerEnd.HANDOFF : AnswerEnd.CANCELLED;
    }

    private Mono<List<EndedAnswer>> endAnswers(Dialog dialog, AnswerEnd end) {
        return database.sql(END_ANSWERS)
                .bind("$1", dialog.id())
                .bind("$2", end.word())
                .map(row -> new EndedAnswer(require(row, "request_id", String.class), require(row, "turn", Long.class)))
                .all()
                .collectList();
    }

    private Mono<Outcome> writeMessages(Dialog dialog, TurnChange.Transition change, List<EndedAnswer> ended,
            Map<String, String> texts) {
        List<EndedAnswer> spoken = ended.stream().filter(answer -> texts.containsKey(answer.requestId())).toList();
        long firstSeq = dialog.lastSeq() + 1;
        return Flux.range(0, spoken.size())
                .concatMap(i -> insert(partial(dialog, firstSeq + i, spoken.get(i), texts)))
                .collectList()
                .flatMap(partials -> insert(system(dialog, firstSeq + partials.size(), change))
                        .flatMap(last -> update(dialog, change, last)
                                .then(read(dialog.id()))
                                .map(after -> new Outcome(after, change.endsTurn(),
                                        events(ended, end(change), partials, last)))));
    }

    private static Message partial(Dialog dialog, long seq, EndedAnswer answer, Map<String, String> texts) {
        return new Message(dialog.id(), seq, 0, Message.Kind.MESSAGE, Sender.ASSISTANT, NewMessage.ASSISTANT,
                dialog.assistantName(), NewMessage.answerId(answer.requestId()),
                texts.getOrDefault(answer.requestId(), ""),
                Message.State.CANCELLED, answer.requestId(), answer.turn(), dialog.createdAt());
    }

    private static Message system(Dialog dialog, long seq, TurnChange.Transition change) {
        Caller concerned = change.concerned();
        return new Message(dialog.id(), seq, 0, change.kind(), Sender.SYSTEM,
                concerned == null ? dialog.visitorId() : concerned.id(),
                concerned == null ? dialog.visitorName() : concerned.name(), null, change.text(), null, null,
                newTurn(dialog, change),
                dialog.createdAt());
    }

    private static long newTurn(Dialog dialog, TurnChange.Transition change) {
        return change.endsTurn() ? dialog.turn() + 1 : dialog.turn();
    }

    /** Stores the message, whose id and time are the database's to give. */
    private Mono<Message> insert(Message message) {
        return database.sql(INSERT)
                .bind("$1", message.dialogId())
                .bind("$2", message.seq())
                .bind("$3", message.kind().word())
                .bind("$4", message.sender().word())
                .bind("$5", text(message.senderId()))
                .bind("$6", text(message.senderName()))
                .bind("$7", text(message.clientMsgId()))
                .bind("$8", message.text())
                .bind("$9", text(message.state() == null ? null : message.state().word()))
                .bind("$10", text(message.requestId()))
                .bind("$11", message.turn())
                .map(History::message)
                .one();
    }

    private Mono<Long> update(Dialog dialog, TurnChange.Transition change, Message last) {
        return database.sql(UPDATE)
                .bind("$1", dialog.id())
                .bind("$2", change.mode().word())
                .bind("$3", change.status().word())
                .bind("$4", change.needsHuman())
                .bind("$5", Parameters.in(R2dbcType.BIGINT, change.assigneeId()))
                .bind("$6", last.turn())
                .bind("$7", last.seq())
                .bind("$8", last.timestamp().atOffset(java.time.ZoneOffset.UTC))
                .fetch()
                .rowsUpdated();
    }

    private static List<DialogEvent> events(List<EndedAnswer> ended, AnswerEnd end, List<Message> partials,
            Message last) {
        List<DialogEvent> events = new ArrayList<>();
        Map<String, Long> seqs = partials.stream().collect(Collectors.toMap(Message::requestId, Message::seq));
        partials.forEach(message -> events.add(new Logged(message)));
        ended.forEach(answer -> events.add(new AnswerFinished(last.dialogId(), answer.requestId(), answer.turn(), end,
                seqs.get(answer.requestId()))));
        events.add(new Logged(last));
        return events;
    }
}
