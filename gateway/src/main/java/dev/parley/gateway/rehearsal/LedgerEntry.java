package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Course;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalLedger.Phase;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A chat in the ledger while it goes on. The first end counts. */
final class LedgerEntry {

    private final RehearsalLedger ledger;
    private final long number;
    private final Asked asked;
    private final Instant arrived = Instant.now();
    private Outcome outcome = Outcome.OPEN;
    private Phase phase = Phase.LOAD_QUEUE;
    private int status;
    private @Nullable Instant started;
    private @Nullable Instant released;
    private @Nullable Instant ended;
    private long bytes;
    private long bytesAfterEnd;
    private long tokens;
    private long blockedNanos;

    LedgerEntry(RehearsalLedger ledger, long number, Asked asked) {
        this.ledger = ledger;
        this.number = number;
        this.asked = asked;
    }

    long number() {
        return number;
    }

    synchronized Phase phase() {
        return phase;
    }

    synchronized void comesTo(Phase phase) {
        this.phase = phase;
    }

    synchronized void started() {
        phase = Phase.PREFILL;
        started = Instant.now();
        ledger.started(number, asked.label());
    }

    synchronized void released() {
        if (started != null && released == null) {
            released = Instant.now();
            ledger.released();
        }
    }

    synchronized void answeredBy(int status) {
        this.status = status;
    }

    synchronized void said(int tokens) {
        this.tokens += tokens;
    }

    synchronized void wrote(int count) {
        bytes += count;
        if (outcome != Outcome.OPEN) {
            bytesAfterEnd += count;
        }
    }

    synchronized void blocked(long nanos) {
        blockedNanos += nanos;
    }

    synchronized void end(Outcome how) {
        if (outcome == Outcome.OPEN) {
            outcome = how;
            ended = Instant.now();
            ledger.ended(how);
        }
    }

    synchronized Chat snapshot() {
        return new Chat(number, asked.model(), asked.said(), asked.options(), outcome, arrived, ended, bytes,
                bytesAfterEnd, new Course(asked.api(), asked.label(), phase, status, started, released, tokens,
                        Duration.ofNanos(blockedNanos)));
    }
}
