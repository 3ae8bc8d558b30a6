package dev.parley.gateway.presence;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.PeopleOfNodes;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.dialog.Standing;
import dev.parley.gateway.problem.Problem;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * The people of the dialogs: who is here, who is typing, and how far each has come in reading. What changes is noted in
 * memory, told to the others soon ({@link Attendances}), and written a little later ({@link KeepingUp}). No call waits for
 * the database but the first one that asks of a dialog what was kept of it.
 */
@Component
public final class People implements Standing, PeopleOfNodes {

    /** Of more dialogs at once nothing is remembered for those who only ask, and their marks are refused. */
    private static final int MAX_DIALOGS = 100_000;

    private final Attendances attendances;
    private final Kept kept;

    People(Attendances attendances, Kept kept) {
        this.attendances = attendances;
        this.kept = kept;
    }

    /** A connection of the caller follows the dialog, until disposed of. */
    public Disposable enter(long dialogId, Caller caller) {
        note(dialogId, caller, attendee -> attendee.enter(attendances.now()));
        return once(() -> note(dialogId, caller, attendee -> attendee.leave(attendances.now(), false)));
    }

    /** As {@link #enter}, for a poll, of which thousands come each second: until {@link #pollEnded} is said of it, once. */
    public void pollBegan(long dialogId, Caller caller) {
        notePoll(dialogId, caller, attendee -> attendee.enter(attendances.now()));
    }

    /** When a poll is answered the caller has not gone, for another one comes. */
    public void pollEnded(long dialogId, Caller caller) {
        notePoll(dialogId, caller, attendee -> attendee.leave(attendances.now(), true));
    }

    /** Polls come and go all the time, and most of them are no news. */
    private void notePoll(long dialogId, Caller caller, Consumer<Attendee> what) {
        attendances.updateIfNews(dialogId, attendance -> {
            Attendee attendee = noted(attendance, caller, what);
            attendance.lookAgainAt(attendee.missedFrom());
            return !attendee.isKnownToBeHere(attendances.now());
        });
    }

    private static Attendee noted(Attendance attendance, Caller caller, Consumer<Attendee> what) {
        Attendee attendee = attendance.attendee(Person.of(caller));
        attendee.name(caller.name());
        what.accept(attendee);
        return attendee;
    }

    private static Disposable once(Runnable leave) {
        AtomicBoolean left = new AtomicBoolean();
        return () -> {
            if (left.compareAndSet(false, true)) {
                leave.run();
            }
        };
    }

    /** The caller types: for six seconds from now on, or not any more. */
    public void typing(long dialogId, Caller caller, boolean active) {
        note(dialogId, caller, attendee -> {
            if (active) {
                attendee.type(attendances.now());
            } else {
                attendee.stopTyping(attendances.now());
            }
        });
    }

    /** A message of the caller is in the log, so it is not being typed any more. */
    public void spoke(long dialogId, Caller caller, long seq) {
        if (attendances.has(dialogId)) {
            attendances.updateIfNews(dialogId, attendance -> noted(attendance, caller, who -> {}).speak());
            attendances.look(dialogId, attendance -> attendance.growTo(seq), seq);
        }
    }

    private void note(long dialogId, Caller caller, Consumer<Attendee> what) {
        attendances.update(dialogId, attendance -> noted(attendance, caller, what));
    }

    /**
     * The caller has received and read so much. A mark that has come as far already stays as it is.
     *
     * @param lastSeq of a message that is known to be there, 0 where none is; where marks are beyond it we look for newer ones
     */
    public Mono<Void> mark(long dialogId, long lastSeq, Caller caller, @Nullable Long deliveredSeq,
            @Nullable Long readSeq) {
        if (deliveredSeq == null && readSeq == null) {
            return Mono.error(Problem.BAD_REQUEST.with("delivered_seq: is needed, or read_seq, or both"));
        }
        long delivered = deliveredSeq == null ? 0 : deliveredSeq;
        long read = readSeq == null ? 0 : readSeq;
        return recalled(dialogId)
                .then(Mono.defer(() -> newest(dialogId, lastSeq, Math.max(delivered, read))))
                .doOnNext(newest -> {
                    check("delivered_seq", delivered, newest);
                    check("read_seq", read, newest);
                    note(dialogId, caller, attendee -> attendee.mark(delivered, read, attendances.now()));
                })
                .then();
    }

    private static void check(String field, long seq, long newest) {
        if (seq < 0 || seq > newest) {
            throw Problem.BAD_REQUEST.with("%s: expected a seq from 0 to %d".formatted(field, newest));
        }
    }

    private Mono<Long> newest(long dialogId, long lastSeq, long wanted) {
        long known = Math.max(lastSeq, attendances.look(dialogId, Attendance::lastSeq, 0L));
        return wanted <= known ? Mono.just(known) : read(dialogId).map(Kept.Rows::lastSeq);
    }

    /** Where the marks cannot be read, it is what is known without them. */
    @Override
    public Mono<List<DialogEvent.OfPerson>> standing(long dialogId) {
        return Mono.defer(() -> {
            Optional<List<DialogEvent.OfPerson>> known = attendances.look(dialogId,
                    attendance -> Optional.ofNullable(attendance.shownAgain(attendances.now())), Optional.empty());
            return known.map(Mono::just).orElseGet(() -> recalled(dialogId)
                    .onErrorComplete()
                    .then(Mono.fromSupplier(() -> attendances
                            .look(dialogId, attendance -> attendance.shown(attendances.now()), List.of()))));
        });
    }

    @Override
    public void heard(long node, long dialogId, List<DialogEvent> events) {
        boolean ofPeople = events.stream().anyMatch(DialogEvent.OfPerson.class::isInstance);
        if (attendances.has(dialogId) || (ofPeople && attendances.size() < MAX_DIALOGS)) {
            attendances.hear(dialogId, attendance -> {
                boolean news = false;
                for (DialogEvent event : events) {
                    news |= attendance.hear(node, event, attendances.now());
                }
                return news;
            });
        }
    }

    @Override
    public void tellNodes(long dialogId) {
        attendances.tellNodes(dialogId);
    }

    /** Who is in the dialog, and who was; of many the fifty who were here last. */
    public Mono<List<DialogEvent.Presence>> presence(long dialogId) {
        return recalled(dialogId)
                .then(Mono.fromSupplier(() -> attendances
                        .look(dialogId, attendance -> attendance.presence(attendances.now()), List.of())));
    }

    /** How what the caller's side has said was received by the other. */
    public Mono<Reception> reception(long dialogId, Caller caller) {
        Sender side = Person.of(caller).sender();
        Sender other = side == Sender.USER ? Sender.MANAGER : Sender.USER;
        return recalled(dialogId)
                .then(Mono.fromSupplier(() -> attendances
                        .look(dialogId, attendance -> Reception.of(side, attendance.of(other)),
                                Reception.of(side, List.of()))));
    }

    /** How far the caller has read, as far as that is in memory; else 0. */
    long readSeq(long dialogId, Caller caller) {
        Person person = Person.of(caller);
        return attendances.look(dialogId, attendance -> {
            Attendee attendee = attendance.find(person);
            return attendee == null ? 0 : attendee.read().seq();
        }, 0L);
    }

    private Mono<Void> recalled(long dialogId) {
        return Mono.defer(() -> {
            if (attendances.size() >= MAX_DIALOGS && !attendances.has(dialogId)) {
                return Mono.error(Problem.UNAVAILABLE.exception());
            }
            return attendances.update(dialogId,
                    attendance -> attendance.recall(attendances.now(),
                            () -> attendances.heard(dialogId).then(read(dialogId)).then()));
        });
    }

    private Mono<Kept.Rows> read(long dialogId) {
        return kept.read(dialogId)
                .doOnNext(rows -> attendances.update(dialogId, attendance -> attendance.take(rows, attendances.now())))
                .doOnError(error -> attendances.look(dialogId, Attendance::forgetReading, false))
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }
}
