package dev.parley.gateway;

import static dev.parley.gateway.Await.await;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A lock on a dialog's row: as long as it is held no message of that dialog is stored, whoever tries. */
final class DialogLock implements AutoCloseable {

    private final Connection connection;
    private boolean released;

    private DialogLock(Connection connection) {
        this.connection = connection;
    }

    static DialogLock hold(TestDatabase database, long dialogId) {
        Connection connection = await(Mono.from(database.connections().create()));
        await(Mono.from(connection.beginTransaction())
                .thenMany(Flux.just("set local idle_in_transaction_session_timeout = 0",
                        "select from dialogs where id = %d for update".formatted(dialogId)))
                .concatMap(sql -> Flux.from(connection.createStatement(sql).execute())
                        .concatMap(Result::getRowsUpdated))
                .then(Mono.just(true)));
        return new DialogLock(connection);
    }

    /** How many statements wait for any lock, also those whose gateway is dead. */
    static long waitingFor(TestDatabase database) {
        return await(database.client()
                .sql("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
                .map(row -> Objects.requireNonNull(row.get(0, Long.class)))
                .one());
    }

    /** May be done twice. */
    @Override
    public void close() {
        if (released) {
            return;
        }
        released = true;
        await(Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())).thenReturn(true));
    }
}
