package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Counts;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RehearsalLedgerTests {

    private final RehearsalLedger ledger = new RehearsalLedger();

    @Test
    void countsAllAndRemembersTheLast() {
        IntStream.rangeClosed(1, 1_500).forEach(n -> arrive("m" + n).end(Outcome.FINISHED));

        assertThat(ledger.seen()).isEqualTo(1_500);
        assertThat(ledger.finished()).isEqualTo(1_500);
        assertThat(ledger.mostAtOnce()).isOne();
        assertThat(ledger.chats()).hasSize(1_000).last().extracting(Chat::model).isEqualTo("m1500");
    }

    @Test
    void knowsHowManyWereOpenAtOnce() {
        var first = arrive("a");
        arrive("b");
        first.end(Outcome.LEFT);
        arrive("c");

        assertThat(ledger.open()).isEqualTo(2);
        assertThat(ledger.mostAtOnce()).isEqualTo(2);
        assertThat(ledger.left()).isOne();
    }

    @Test
    void countsWhatIsWrittenAfterTheEndAndBelievesTheFirstEnd() {
        var entry = arrive("m");

        entry.wrote(5);
        entry.end(Outcome.LEFT);
        entry.wrote(7);
        entry.end(Outcome.FINISHED);

        Chat chat = ledger.chats().getFirst();
        assertThat(chat.outcome()).isEqualTo(Outcome.LEFT);
        assertThat(chat.ended()).isNotNull();
        assertThat(chat.bytes()).isEqualTo(12);
        assertThat(chat.bytesAfterEnd()).isEqualTo(7);
        assertThat(ledger.open()).isZero();
    }

    @Test
    void countsSlotsOnceAndForgetsAllButWhatGoesOn() {
        var entry = arrive("a");
        arrive("b").end(Outcome.FAILED);
        entry.started();
        ledger.loadBegun("a");

        ledger.clear();

        assertThat(ledger.chats()).isEmpty();
        assertThat(ledger.starts()).isEmpty();
        assertThat(ledger.loads()).isEmpty();
        assertThat(ledger.counts()).isEqualTo(new Counts(0, 1, 1, 1, 1, 0, 0, 0, 0));
        entry.released();
        entry.released();
        assertThat(ledger.running()).isZero();
    }

    private LedgerEntry arrive(String model) {
        return ledger.arrive(new Asked("/api/chat", model, List.of(), true, Map.of(), null, Script.NONE));
    }
}
