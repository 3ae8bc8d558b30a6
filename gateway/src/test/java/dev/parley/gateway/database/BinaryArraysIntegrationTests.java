package dev.parley.gateway.database;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.TestDatabase;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Lanes.OWN)
class BinaryArraysIntegrationTests {

    private static TestDatabase database;

    @BeforeAll
    static void start() {
        database = TestDatabase.fresh();
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    /** What the server has read, element by element; its type and whether it takes the elements for the same as we do. */
    private static <T> void assertArrives(Object array, Class<T> component, String type, List<Optional<T>> expected) {
        List<Optional<T>> arrived = await(database.client()
                .sql("select a from unnest($1) with ordinality as t(a, n) order by n")
                .bind("$1", array)
                .map(row -> Optional.ofNullable(row.get(0, component)))
                .all()
                .collectList());
        assertThat(arrived).isEqualTo(expected);
        assertThat(await(database.client().sql("select pg_typeof($1)::text").bind("$1", array)
                .map(row -> Objects.requireNonNull(row.get(0, String.class))).one())).isEqualTo(type);
    }

    @Test
    void textsArriveAsTheyWereWhateverIsInThem() {
        String[] texts = {"plain", "", "NULL", "null", "{}", "a,b", "\"quoted\"", "back\\slash", "new\nline", " space ",
                "\u00e4\u00f6\u00fc \u6f22\u5b57 \ud83d\ude00", "x".repeat(70_000)};
        assertArrives(texts, String.class, "text[]", List.of(texts).stream().map(Optional::of).toList());
    }

    @Test
    void whatIsMissingStaysMissing() {
        assertArrives(new String[]{null, "a", null}, String.class, "text[]",
                List.of(Optional.empty(), Optional.of("a"), Optional.empty()));
        assertArrives(new Long[]{null, 1L}, Long.class, "bigint[]", List.of(Optional.empty(), Optional.of(1L)));
        assertArrives(new Boolean[]{true, null}, Boolean.class, "boolean[]",
                List.of(Optional.of(true), Optional.empty()));
    }

    @Test
    void numbersAndBooleansArrive() {
        assertArrives(new Long[]{0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE}, Long.class, "bigint[]",
                List.of(Optional.of(0L), Optional.of(-1L), Optional.of(Long.MAX_VALUE), Optional.of(Long.MIN_VALUE)));
        assertArrives(new Boolean[]{true, false}, Boolean.class, "boolean[]",
                List.of(Optional.of(true), Optional.of(false)));
    }

    @Test
    void anArrayOfNothingIsOneAndNoArrayIsNone() {
        assertArrives(new String[0], String.class, "text[]", List.of());
        assertArrives(new Long[0], Long.class, "bigint[]", List.of());
        for (Class<?> type : List.of(String[].class, Long[].class, Boolean[].class)) {
            assertThat(await(database.client().sql("select $1 is null").bindNull("$1", type)
                    .map(row -> Objects.requireNonNull(row.get(0, Boolean.class))).one())).isTrue();
        }
    }

    @Test
    void whatItWritesTheDriverReads() {
        String[] texts = {"a", "\"b\"", "\u6f22"};
        String[] read = await(database.client().sql("select $1").bind("$1", texts)
                .map(row -> Objects.requireNonNull(row.get(0, String[].class))).one());
        assertThat(read).containsExactly(texts);
    }
}
