package dev.parley.gateway.presence;

import static dev.parley.gateway.presence.PeopleFixture.ANNA;
import static dev.parley.gateway.presence.PeopleFixture.BEN;
import static dev.parley.gateway.presence.PeopleFixture.DIALOG;
import static dev.parley.gateway.presence.PeopleFixture.VISITOR;
import static dev.parley.gateway.presence.PeopleFixture.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

class ReceiptsTests {

    private static final Person READER = new Person(Sender.USER, "v");

    private final PeopleFixture fixture = new PeopleFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void whatIsReadIsDelivered() {
        fixture.mark(VISITOR, null, 3L);
        assertThat(fixture.told()).containsExactly("user v has 3, read 3");
        fixture.mark(VISITOR, 5L, null);
        fixture.afterSeconds(1);
        assertThat(fixture.told()).containsExactly("user v has 5, read 3");
    }

    @Test
    void marksNeverGoBack() {
        fixture.mark(VISITOR, 9L, 5L);
        fixture.afterSeconds(1);
        fixture.told();
        fixture.mark(VISITOR, 4L, 3L);
        fixture.afterSeconds(2);
        assertThat(fixture.told()).isEmpty();
        assertThat(fixture.kept.writes).hasSize(1);
    }

    @Test
    void aThousandReceiptsOfOneReaderAreAHandfulOfWritesAndEvents() {
        fixture.kept.lastSeq = 1000;
        for (long seq = 1; seq <= 1000; seq++) {
            fixture.mark(VISITOR, seq, seq);
            fixture.after(Duration.ofMillis(2));
        }
        fixture.afterSeconds(2);
        assertThat(fixture.kept.writes.size()).isBetween(1, 3);
        assertThat(fixture.told()).hasSizeBetween(2, 8).last().isEqualTo("user v has 1000, read 1000");
        assertThat(fixture.kept.row(DIALOG, READER).read().seq()).isEqualTo(1000);
        assertThat(fixture.kept.reads).isLessThanOrEqualTo(2);
    }

    @Test
    void marksBeyondTheEndNameTheField() {
        fixture.kept.lastSeq = 5;
        assertThatThrownBy(() -> fixture.mark(VISITOR, 6L, null))
                .hasMessageContaining("delivered_seq: expected a seq from 0 to 5");
        assertThatThrownBy(() -> fixture.mark(VISITOR, 5L, 6L)).hasMessageContaining("read_seq: expected a seq");
        assertThatThrownBy(() -> fixture.mark(VISITOR, null, -1L)).hasMessageContaining("read_seq: expected a seq");
        assertThatThrownBy(() -> fixture.mark(VISITOR, null, null)).hasMessageContaining("delivered_seq: is needed");
        fixture.kept.lastSeq = 6;
        fixture.mark(VISITOR, 6L, null);
        assertThat(fixture.told()).as("the dialog has grown").containsExactly("user v has 6, read 0");
    }

    @Test
    void marksOutliveTheProcessAndAreNoNewsThen() {
        fixture.mark(VISITOR, 4L, 2L);
        fixture.keepingUp.stop();
        try (PeopleFixture next = new PeopleFixture(fixture.kept)) {
            assertThat(words(next.standing())).containsExactly("user v has 4, read 2");
            next.mark(VISITOR, 3L, 1L);
            next.afterSeconds(2);
            assertThat(next.told()).isEmpty();
        }
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenLater() {
        fixture.mark(VISITOR, 4L, 2L);
        fixture.kept.failure = new DataAccessResourceFailureException("the database is away");
        fixture.afterSeconds(5);
        fixture.mark(VISITOR, 5L, 5L);
        fixture.afterSeconds(200);
        fixture.kept.failure = null;
        fixture.afterSeconds(2);
        assertThat(fixture.kept.row(DIALOG, READER).read().seq()).isEqualTo(5);
        assertThat(fixture.kept.writes).hasSize(1);
        fixture.afterSeconds(2);
        assertThat(fixture.attendances.size()).isZero();
    }

    @Test
    void aMessageIsSentThenDeliveredThenRead() {
        Message message = message(Sender.MANAGER, 2);
        assertThat(received(message).status()).isEqualTo(Reception.Status.SENT);
        fixture.mark(VISITOR, 2L, null);
        fixture.afterSeconds(10);
        fixture.mark(VISITOR, null, 2L);
        fixture.afterSeconds(10);
        fixture.mark(VISITOR, null, 9L);
        assertThat(received(message)).isEqualTo(new Reception.Received(Reception.Status.READ,
                Instant.parse("2026-11-21T12:00:00Z"), Instant.parse("2026-11-21T12:00:10Z")));
    }

    @Test
    void onlyTheOtherSideCounts() {
        fixture.mark(BEN, null, 5L);
        assertThat(received(message(Sender.MANAGER, 2)).status()).isEqualTo(Reception.Status.SENT);
        assertThat(fixture.reception(VISITOR).of(message(Sender.USER, 2)))
                .extracting(received -> Objects.requireNonNull(received).status()).isEqualTo(Reception.Status.READ);
        assertThat(fixture.reception(VISITOR).of(message(Sender.MANAGER, 2))).isNull();
        assertThat(fixture.reception(ANNA).of(message(Sender.SYSTEM, 2))).isNull();
    }

    private Reception.Received received(Message message) {
        return Objects.requireNonNull(fixture.reception(ANNA).of(message));
    }

    private static Message message(Sender sender, long seq) {
        return new Message(DIALOG, seq, seq, Message.Kind.MESSAGE, sender, "1", "Anna", "m" + seq, "text", null, null,
                0,
                Instant.EPOCH);
    }
}
