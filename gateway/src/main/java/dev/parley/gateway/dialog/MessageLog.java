package dev.parley.gateway.dialog;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.problem.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The one way by which somebody's words come into a dialog's log.
 *
 * <p>A message is stored and committed, then its sender is told, then the followers on this node hear of it, then its answer
 * begins: always in this order, whether or not the sender still watches. Only an assistant is told last. Messages of many
 * senders are committed together ({@link GroupCommit}), those of one dialog in the order in which they were submitted on
 * this node.
 */
@Component
public final class MessageLog {

    /** Longer than the pool and the server let a statement take, so only a database that is frozen is given up on. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A message alone costs PostgreSQL and us several times what it costs as one of many; nobody notices this wait. */
    private static final Duration GATHERING = Duration.ofNanos(2_500_000);

    /** More lanes make smaller batches; one lane would let every batch wait for the commit before it. */
    private static final int LANES = 2;

    private final GroupCommit<Long, NewMessage, Written> commits;
    private final Rooms rooms;
    private final ObjectProvider<AnswerDesk> desk;
    private final Timer latency;
    private final Map<Sender, Counter> appended = new EnumMap<>(Sender.class);

    MessageLog(AppendStatement statement, Rooms rooms, ObjectProvider<AnswerDesk> desk, MessageSettings settings,
            MeterRegistry meters) {
        this.rooms = rooms;
        this.desk = desk;
        DistributionSummary batchSizes = DistributionSummary.builder("parley.log.batch.size")
                .description("Messages stored by one statement")
                .publishPercentileHistogram()
                .maximumExpectedValue((double) settings.batchSize())
                .register(meters);
        this.latency = Timer.builder("parley.log.append")
                .description("From a message's coming to its commit")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(PATIENCE)
                .register(meters);
        for (Sender sender : Sender.values()) {
            appended.put(sender, Counter.builder("parley.messages.appended")
                    .description("Messages stored")
                    .tag("sender", sender.word())
                    .register(meters));
        }
        this.commits = new GroupCommit<>(
                new GroupCommit.Limits(LANES, settings.batchSize(), settings.maxPendingPerDialog(),
                        20 * settings.maxPendingPerDialog(), GATHERING, PATIENCE),
                batch -> statement.execute(batch)
                        .doOnNext(outcomes -> batchSizes.record(outcomes.size()))
                        .map(outcomes -> Written.zip(batch, outcomes)),
                this::announce, MessageLog::isAwayForAll, DatabaseFailures::tookTooLong, Schedulers.parallel());
    }

    /** A dialog that somebody has locked for too long is not the others' trouble. */
    private static boolean isAwayForAll(Throwable error) {
        return DatabaseFailures.away(error) && !DatabaseFailures.tookTooLong(error);
    }

    private record Written(NewMessage message, Append outcome) {

        static List<Written> zip(List<NewMessage> batch, List<Append> outcomes) {
            if (batch.size() != outcomes.size()) {
                throw new IllegalStateException("outcomes: %d (expected: %d)".formatted(outcomes.size(), batch.size()));
            }
            return java.util.stream.IntStream.range(0, batch.size())
                    .mapToObj(i -> new Written(batch.get(i), outcomes.get(i)))
                    .toList();
        }
    }

    /**
     * Stores the message, or says why not. The same {@code clientMsgId} of the same sender again stores nothing and returns
     * what was stored.
     *
     * <p>Fails with {@link Problem#UNAVAILABLE} where the database is away; it is then not known whether the message was
     * stored, and sending it again is safe. Fails with {@link Problem#RATE_LIMITED} where too many messages of the dialog
     * wait.
     */
    public Mono<Append> append(NewMessage message) {
        return Mono.defer(() -> {
            Timer.Sample sample = Timer.start();
            return commits.submit(message.dialogId(), message)
                    .doOnSuccess(written -> sample.stop(latency));
        })
                .map(Written::outcome)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    /** It was committed before, and the connection may have been lost before that was confirmed: then nobody was told. */
    private void tellOfUnheard(Message message) {
        if (message.sender() != Sender.ASSISTANT && rooms.newestHeard(message.dialogId()) < message.seq()) {
            rooms.publish(new Logged(message));
        }
    }

    private void announce(Written written, Runnable tellSender) {
        if (!(written.outcome() instanceof Append.Stored stored)) {
            tellSender.run();
            return;
        }
        Message message = stored.message();
        if (stored.repeated()) {
            tellSender.run();
            tellOfUnheard(message);
            return;
        }
        Objects.requireNonNull(appended.get(message.sender())).increment();
        if (stored.asks()) {
            desk.getObject().reserve(message, Objects.requireNonNull(written.message().askedBy()));
        }
        if (message.sender() == Sender.ASSISTANT) {
            // Whoever ran the answer says next that it has ended, and followers have to know its message by then.
            rooms.publish(new Logged(message));
            tellSender.run();
            return;
        }
        tellSender.run();
        rooms.publish(new Logged(message));
        if (stored.asks()) {
            desk.getObject().release(message);
        }
    }
}
