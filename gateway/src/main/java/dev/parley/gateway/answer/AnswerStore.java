package dev.parley.gateway.answer;

import static java.util.Comparator.comparing;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Models;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** The answers that are wanted, as the database knows them; what a crash cannot take away. */
@Component
final class AnswerStore {

    /** Nothing is written: that it runs matters to its node alone, and a commit more would come before every first word. */
    private static final String BEGIN = """
            select s.id, s.name, s.backend, s.model, s.system_prompt
            from answers a join dialogs d on d.id = a.dialog_id and d.turn = a.turn
                 join assistants s on s.id = d.assistant_id
            where a.request_id = $1 and a.state in ('queued', 'running') and a.node = $2""";

    private static final String END = """
            update answers set state = $2, ended_at = now()
            where request_id = $1 and state in ('queued', 'running') and node = $3""";

    private static final String ENDED = """
            select a.state, a.turn, m.seq from answers a
            left join messages m on m.request_id = a.request_id and m.sender = 'assistant'
            where a.request_id = $1 and a.dialog_id = $2 and a.state not in ('queued', 'running')""";

    /**
     * What this node has asked for without knowing it (the connection was lost before the commit was confirmed) is taken up, too,
     * when it is old enough for its confirmation not to be under way any more.
     */
    private static final String TAKE_UP = """
            update answers a set node = $1
            from dialogs d join assistants s on s.id = d.assistant_id
            where d.id = a.dialog_id and d.turn = a.turn and a.state in ('queued', 'running')
              and (a.node is null
                   or (a.node = $1 and ($2 or a.queued_at < now() - interval '12 seconds') and a.request_id <> all($3))
                   or not exists (select from nodes n where n.id = a.node and n.alive_until > now()))
            returning a.request_id, a.dialog_id, a.in_reply_to, a.turn, s.backend, s.model, a.asked_by, a.class, a.queued_at""";

    private static final String END_OUTDATED = """
            update answers a set state = 'cancelled', ended_at = now()
            from dialogs d where d.id = a.dialog_id and d.turn > a.turn and a.state in ('queued', 'running')""";

    /** Locks the dialog: who asks while it is being taken over waits, and finds it in human hands. */
    private static final String ASK = """
            with asked as (
                insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, class, node)
                select $1, d.id, m.seq, d.turn, $4, $5, $6 from dialogs d
                join lateral (select seq from messages where dialog_id = d.id and sender = 'user'
                              and ($3 = 0 or seq = $3) order by seq desc limit 1) m on true
                where d.id = $2 and d.status = 'open' and d.mode = 'ai' for no key update of d
                returning request_id, dialog_id, in_reply_to, turn, asked_by, class, queued_at
            )
            select a.*, s.backend, s.model from asked a
            join dialogs d on d.id = a.dialog_id join assistants s on s.id = d.assistant_id""";

    private static final String MODEL = """
            select s.backend, s.model from assistants s join dialogs d on d.assistant_id = s.id where d.id = $1""";

    private static final String OWN = "select request_id from answers where node = $1 and state in ('queued', 'running')";

    private static final String OPEN_ELSEWHERE = """
            select request_id, dialog_id, asked_by, queued_at from answers
            where state in ('queued', 'running') and node is distinct from $1 order by queued_at""";

    private static final String OPEN_OF = "select request_id from answers where request_id = any($1) and state in ('queued', 'running')";

    private static final String ELSEWHERE = """
            select dialog_id, asked_by, node from answers
            where request_id = $1 and state in ('queued', 'running') and node <> $2""";

    private static final String ASKED = "select dialog_id, asked_by from answers where request_id = $1";

    private final DatabaseClient database;
    private final Models models;
    private final long node;

    AnswerStore(DatabaseClient database, Models models, ThisNode node) {
        this.node = node.id();
        this.database = database;
        this.models = models;
    }

    /** The model of the dialog's assistant. */
    Mono<ModelName> model(long dialogId) {
        return run(database.sql(MODEL).bind("$1", dialogId).map(this::model).one());
    }

    /** Who has asked for an answer, and where. */
    record Asked(long dialogId, String by) {}

    /** Empty where no such answer was ever asked for. */
    Mono<Asked> asked(String requestId) {
        return run(database.sql(ASKED)
                .bind("$1", requestId)
                .map(row -> new Asked(number(row, "dialog_id"), text(row, "asked_by")))
                .one());
    }

    /** Those of this node that are open. */
    Mono<Set<String>> own() {
        return run(database.sql(OWN).bind("$1", node).mapValue(String.class).all().collect(Collectors.toSet()));
    }

    /** Which of these are open, on whatever node. */
    Mono<Set<String>> open(Set<String> requestIds) {
        return run(database.sql(OPEN_OF)
                .bind("$1", requestIds.toArray(String[]::new))
                .mapValue(String.class)
                .all()
                .collect(Collectors.toSet()));
    }

    /** An answer that another node has. */
    record Elsewhere(long dialogId, String askedBy, long node) {}

    /** Which other node has the answer. Empty where it is over, or this node's. */
    Mono<Elsewhere> elsewhere(String requestId) {
        return run(database.sql(ELSEWHERE)
                .bind("$1", requestId)
                .bind("$2", node)
                .map(row -> new Elsewhere(number(row, "dialog_id"), text(row, "asked_by"), number(row, "node")))
                .one());
    }

    /** Those that are open and not this node's, oldest first, each with its place among them. */
    Mono<List<OpenAnswer>> openElsewhere() {
        return run(database.sql(OPEN_ELSEWHERE)
                .bind("$1", node)
                .map(row -> new OpenAnswer(text(row, "request_id"), number(row, "dialog_id"), text(row, "asked_by"), 0,
                        time(row, "queued_at"), null))
                .all()
                .index((place, answer) -> answer.at(Math.toIntExact(place + 1)))
                .collectList());
    }

    /** Who is to give the answer. Empty where it is not wanted any more, or another node's by now. */
    Mono<Speaker> begin(String requestId) {
        return run(database.sql(BEGIN)
                .bind("$1", requestId)
                .bind("$2", node)
                .map(row -> new Speaker(number(row, "id"), text(row, "name"), model(row), text(row, "system_prompt")))
                .one());
    }

    /** Ends an answer of which nothing came. False where it had ended already, or is another node's by now. */
    Mono<Boolean> end(String requestId, AnswerEnd end) {
        return run(database.sql(END)
                .bind("$1", requestId)
                .bind("$2", end.word())
                .bind("$3", node)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0));
    }

    /**
     * Ends an answer of which nothing came, and tries again as long as is given. The result is to be told; empty where somebody
     * else has ended the answer, who tells of it. A try that failed may have been committed all the same, so that nobody was
     * told: then it is looked up how the answer has ended.
     */
    Mono<AnswerFinished> end(AnswerTicket ticket, AnswerEnd end, Retry whileAway) {
        return Mono.defer(() -> {
            var unsure = new AtomicBoolean();
            return end(ticket.requestId(), end)
                    .doOnError(error -> unsure.set(true))
                    .flatMap(ended -> ended
                            ? Mono.just(
                                    new AnswerFinished(ticket.dialogId(), ticket.requestId(), ticket.turn(), end, null))
                            : unsure.get() ? ended(ticket.dialogId(), ticket.requestId()) : Mono.empty())
                    .retryWhen(whileAway);
        });
    }

    /** How an answer of this dialog has ended; empty where it has not, or is unknown. */
    Mono<AnswerFinished> ended(long dialogId, String requestId) {
        return run(database.sql(ENDED)
                .bind("$1", requestId)
                .bind("$2", dialogId)
                .map(row -> new AnswerFinished(dialogId, requestId, number(row, "turn"),
                        AnswerEnd.of(text(row, "state")), row.get("seq", Long.class)))
                .one());
    }

    /**
     * Makes the answers of nodes that do not live any more this node's own.
     *
     * @param starting also those that are this node's already, however new; and what is of earlier turns is ended
     * @param known which are this node's already, and known to be
     * @return what it has got, oldest first
     */
    Mono<List<AnswerTicket>> takeUp(boolean starting, Collection<String> known) {
        Mono<Long> first = starting ? database.sql(END_OUTDATED).fetch().rowsUpdated() : Mono.empty();
        return run(first.then(database.sql(TAKE_UP)
                .bind("$1", node)
                .bind("$2", starting)
                .bind("$3", known.toArray(String[]::new))
                .map(this::ticket)
                .all()
                .collectSortedList(comparing(AnswerTicket::askedAt).thenComparing(AnswerTicket::inReplyTo))));
    }

    /**
     * Asks for an answer of a message that is there already. Empty where there is no such message of the user's, or the
     * dialog is not in the assistant's hands.
     *
     * @param inReplyTo its seq, 0 for the user's newest
     */
    Mono<AnswerTicket> ask(String requestId, long dialogId, long inReplyTo, String askedBy, AnswerClass answerClass) {
        return run(database.sql(ASK)
                .bind("$1", requestId)
                .bind("$2", dialogId)
                .bind("$3", inReplyTo)
                .bind("$4", askedBy)
                .bind("$5", answerClass.word())
                .bind("$6", node)
                .map(this::ticket)
                .one());
    }

    private ModelName model(Readable row) {
        return models.name(ModelKind.of(text(row, "backend")), row.get("model", String.class));
    }

    private AnswerTicket ticket(Readable row) {
        return new AnswerTicket(text(row, "request_id"), number(row, "dialog_id"), number(row, "in_reply_to"),
                number(row, "turn"), model(row), text(row, "asked_by"), AnswerClass.of(text(row, "class")),
                time(row, "queued_at"));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class), column);
    }

    private static Instant time(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, OffsetDateTime.class), column).toInstant();
    }

    private static long number(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Long.class), column);
    }

    private static <T> Mono<T> run(Mono<T> work) {
        return work.as(Detached::run).onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }
}
