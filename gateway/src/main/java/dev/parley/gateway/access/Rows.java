package dev.parley.gateway.access;

import io.r2dbc.spi.Parameter;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How columns are read and written. */
final class Rows {

    private Rows() {}

    static <T> T get(Readable row, String column, Class<T> type) {
        @Nullable
        T value = row.get(column, type);
        return Objects.requireNonNull(value, column);
    }

    static Instant instant(Readable row, String column) {
        return get(row, column, OffsetDateTime.class).toInstant();
    }

    static Parameter text(@Nullable String value) {
        return Parameters.in(R2dbcType.VARCHAR, value);
    }

    static Parameter number(@Nullable Long value) {
        return Parameters.in(R2dbcType.BIGINT, value);
    }

    static Parameter texts(String @Nullable [] value) {
        return value == null ? Parameters.in(String[].class) : Parameters.in(value);
    }
}
