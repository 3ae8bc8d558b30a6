package dev.parley.gateway.embedded;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.settings.StartException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresBinariesTests {

    @TempDir
    Path directory;

    @Test
    void aSystemWithoutBinariesIsToldToUseAPostgresOfItsOwn() {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> PostgresBinaries.unpack(directory, "Windows 11", "amd64"))
                .withMessageContaining("postgres-windows-x86_64.txz").withMessageContaining("set PARLEY_DATABASE_URL")
                .withMessageNotContaining("\n");
    }
}
