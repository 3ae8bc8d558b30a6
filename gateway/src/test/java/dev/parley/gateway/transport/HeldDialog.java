package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;

import dev.parley.gateway.TestDatabase;
import io.r2dbc.spi.Connection;
import org.junit.jupiter.api.function.Executable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Locks a dialog's row, so that no message of it is committed for a while. The gateway has to be patient enough:
 * {@code parley.database.statement-timeout}.
 */
final class HeldDialog {

    private HeldDialog() {}

    static void during(TestDatabase database, long dialogId, Executable work) throws Throwable {
        Connection connection = await(Mono.from(database.connections().create()));
        try {
            await(Mono.from(connection.beginTransaction())
                    .thenMany(Flux.from(connection.createStatement("select id from dialogs where id = $1 for update")
                            .bind("$1", dialogId).execute()))
                    .concatMap(result -> result.map(row -> row.get(0, Long.class)))
                    .single());
            work.execute();
        } finally {
            await(Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())).thenReturn(true));
        }
    }
}
