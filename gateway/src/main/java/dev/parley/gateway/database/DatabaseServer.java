package dev.parley.gateway.database;

import dev.parley.gateway.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/** The PostgreSQL that the settings name, or the embedded one where they name none; that one ends with this object. */
final class DatabaseServer implements AutoCloseable {

    private final DatabaseAddress address;
    private final @Nullable EmbeddedPostgres embedded;

    private DatabaseServer(DatabaseAddress address, @Nullable EmbeddedPostgres embedded) {
        this.address = address;
        this.embedded = embedded;
    }

    static DatabaseServer start(DatabaseSettings settings, Path dataDirectory) {
        String url = settings.url();
        if (url != null && StringUtils.hasText(url)) {
            return new DatabaseServer(DatabaseUrl.parse(url, settings.username(), settings.password()), null);
        }
        EmbeddedPostgres embedded = EmbeddedPostgres.start(dataDirectory, settings.poolSize());
        return new DatabaseServer(new DatabaseAddress(embedded.host(), embedded.port(), embedded.database(),
                embedded.username(), embedded.password(), "disable", null), embedded);
    }

    boolean isEmbedded() {
        return embedded != null;
    }

    DatabaseAddress address() {
        return address;
    }

    @Override
    public void close() {
        if (embedded != null) {
            embedded.close();
        }
    }
}
