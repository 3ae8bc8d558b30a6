package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;

import dev.parley.gateway.TestDatabase;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import org.junit.jupiter.api.function.Executable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Makes the gateway wait. It has to be patient enough: {@code parley.database.statement-timeout}. */
final class HeldDialog {

    private HeldDialog() {}

    /** Locks the dialog's row: meanwhile no message of it is committed. */
    static void during(TestDatabase database, long dialogId, Executable work) throws Throwable {
        during(database, "select from dialogs where id = %d for update".formatted(dialogId), work);
    }

    /** Locks all dialogs: meanwhile nobody is let in, for nobody knows whose they are. */
    static void allDuring(TestDatabase database, Executable work) throws Throwable {
        during(database, "lock table dialogs in access exclusive mode", work);
    }

    private static void during(TestDatabase database, String lock, Executable work) throws Throwable {
        Connection connection = await(Mono.from(database.connections().create()));
        try {
            await(Mono.from(connection.beginTransaction())
                    .thenMany(Flux.from(connection.createStatement(lock).execute()))
                    .concatMap(Result::getRowsUpdated)
                    .then(Mono.just(true)));
            work.execute();
        } finally {
            await(Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())).thenReturn(true));
        }
    }
}
