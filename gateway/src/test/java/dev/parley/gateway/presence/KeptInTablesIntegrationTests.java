package dev.parley.gateway.presence;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.dialog.Sender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

@ResourceLock(Lanes.OWN)
class KeptInTablesIntegrationTests {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Person ADA = new Person(Sender.USER, "v");
    private static final Person ANNA = new Person(Sender.MANAGER, "1");

    private final TestDatabase database = TestDatabase.fresh();
    private final KeptInTables kept = new KeptInTables(database.client());

    @BeforeEach
    void openDialogs() {
        database.execute("insert into dialogs (visitor_id, last_seq) select 'v', 100 from generate_series(1, 7)");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static Kept.Row row(long dialogId, Person person, long delivered, long read, @Nullable Instant seen) {
        return new Kept.Row(dialogId, person, null, Mark.NONE.moveTo(delivered, NOON), Mark.NONE.moveTo(read, NOON),
                seen);
    }

    private void write(Kept.Row... rows) {
        kept.write(List.of(rows)).block(Duration.ofSeconds(10));
    }

    private Kept.Row only(long dialogId) {
        List<Kept.Row> rows = await(kept.read(dialogId)).rows();
        assertThat(rows).hasSize(1);
        return rows.getFirst();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Mark read = Mark.NONE.moveTo(3, NOON).moveTo(5, NOON.plusSeconds(7));
        write(new Kept.Row(1, ADA, "Ada", read.moveTo(9, NOON.plusSeconds(8)), read, NOON.plusSeconds(9)),
                row(1, ANNA, 0, 0, NOON), row(2, ADA, 4, 0, null));
        Kept.Rows rows = await(kept.read(1));
        assertThat(rows.lastSeq()).isEqualTo(100);
        assertThat(rows.rows()).extracting(Kept.Row::person).containsExactlyInAnyOrder(ADA, ANNA);
        Kept.Row ada = rows.rows().stream().filter(row -> row.person().equals(ADA)).findFirst().orElseThrow();
        assertThat(ada.name()).isEqualTo("Ada");
        assertThat(ada.lastSeen()).isEqualTo(NOON.plusSeconds(9));
        assertThat(ada.read().coveredAt(3)).isEqualTo(NOON);
        assertThat(ada.read().coveredAt(4)).isEqualTo(NOON.plusSeconds(7));
        assertThat(ada.delivered().seq()).isEqualTo(9);
        assertThat(only(2).lastSeen()).isNull();
        assertThat(await(kept.read(3)).rows()).isEmpty();
    }

    @Test
    void whateverTheOrderOfWritesNothingGoesBack() {
        Random random = new Random(7);
        List<Kept.Row> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            long delivered = random.nextLong(1, 101);
            rows.add(row(1, ADA, delivered, random.nextLong(delivered + 1), NOON.plusSeconds(random.nextLong(100))));
        }
        // As several nodes would: all at once.
        Flux.fromIterable(rows).flatMap(row -> kept.write(List.of(row)), 5).blockLast(Duration.ofSeconds(30));
        Kept.Row last = only(1);
        assertThat(last.delivered().seq()).isEqualTo(rows.stream().mapToLong(r -> r.delivered().seq()).max().orElse(0));
        assertThat(last.read().seq()).isEqualTo(rows.stream().mapToLong(r -> r.read().seq()).max().orElse(0));
        assertThat(last.lastSeen())
                .isEqualTo(rows.stream().map(Kept.Row::lastSeen).max(Instant::compareTo).orElse(NOON));
    }

    @Test
    void whatIsUnwrittenIsWrittenAtTheStop() throws Exception {
        try (PeopleFixture fixture = new PeopleFixture()) {
            fixture.mark(PeopleFixture.VISITOR, 4L, 2L);
            CountDownLatch stopped = new CountDownLatch(1);
            new KeepingUp(fixture.attendances, kept, new SimpleMeterRegistry(), fixture.clock)
                    .stop(stopped::countDown);
            assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(only(PeopleFixture.DIALOG).read().seq()).isEqualTo(2);
        }
    }

    @Test
    void aRowThatCannotBeWrittenKeepsNoOtherFromIt() {
        try (PeopleFixture fixture = new PeopleFixture()) {
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            KeepingUp keepingUp = new KeepingUp(fixture.attendances, kept, meters, fixture.clock);
            fixture.mark(PeopleFixture.VISITOR, 4L, 2L);
            fixture.mark(new dev.parley.gateway.access.Caller.Visitor("bad \0", 1, null), 4L, 2L);
            keepingUp.write().block(Duration.ofSeconds(10));
            assertThat(only(PeopleFixture.DIALOG).person()).isEqualTo(ADA);
            assertThat(fixture.attendances.takeUnwritten(10)).isEmpty();
        }
    }
}
