package dev.parley.gateway;

import org.junit.jupiter.api.parallel.ResourceLock;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

@ResourceLock(Lanes.OWN)
class TestDatabaseIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @Test
    void everyCallerHasAMigratedDatabaseOfItsOwn() {
        try (TestDatabase one = TestDatabase.fresh(); TestDatabase other = TestDatabase.fresh()) {
            one.execute("insert into assistants (name) values ('only here')");

            assertThat(assistants(one)).isEqualTo(assistants(other) + 1);
        }
    }

    private static long assistants(TestDatabase database) {
        return database.client().sql("select count(*) from assistants").mapValue(Long.class).one()
                .blockOptional(TIMEOUT)
                .orElseThrow();
    }
}
