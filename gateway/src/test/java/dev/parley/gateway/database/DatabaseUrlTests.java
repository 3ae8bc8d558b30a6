package dev.parley.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.settings.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTests {

    @ParameterizedTest
    @ValueSource(strings = {"postgresql://ann:s3cret@db:6543/chat", "postgres://ann:s3cret@db:6543/chat",
            "jdbc:postgresql://db:6543/chat?user=ann&password=s3cret", "r2dbc:postgresql://ann:s3cret@db:6543/chat",
            " postgresql://ann:s3cret@db:6543/chat "})
    void everyWayToWriteItNamesTheSamePlace(String url) {
        assertThat(DatabaseUrl.parse(url, null, null))
                .isEqualTo(new DatabaseAddress("db", 6543, "chat", "ann", "s3cret", "prefer", null));
    }

    @ParameterizedTest
    @CsvSource({"postgresql://ann@db,db,5432,ann", "postgresql://ann@my_db/chat,my_db,5432,chat",
            "postgresql://ann@/chat,localhost,5432,chat", "postgresql://ann@[::1]:99/chat,::1,99,chat",
            "postgresql://ann@10.0.0.7/,10.0.0.7,5432,ann", "postgresql://ann@db/my%20chat,db,5432,my chat"})
    void whatIsLeftOutIsAsPostgresqlHasIt(String url, String host, int port, String database) {
        assertThat(DatabaseUrl.parse(url, null, null))
                .isEqualTo(new DatabaseAddress(host, port, database, "ann", null, "prefer", null));
    }

    @Test
    void signsOfAPasswordAreEncoded() {
        assertThat(DatabaseUrl.parse("postgresql://a%40b:p%3A%2F%3F+%25@db", null, null))
                .extracting(DatabaseAddress::username, DatabaseAddress::password).containsExactly("a@b", "p:/?+%");
    }

    @Test
    void theSettingsOfTheirOwnWinOverTheUrl() {
        assertThat(DatabaseUrl.parse("postgresql://ann:old@db/chat", "bob", "n:w@"))
                .extracting(DatabaseAddress::username, DatabaseAddress::password).containsExactly("bob", "n:w@");
    }

    @Test
    void aBlankSettingCountsAsNone() {
        assertThat(DatabaseUrl.parse("postgresql://ann:pass@db/chat", "", " "))
                .extracting(DatabaseAddress::username, DatabaseAddress::password).containsExactly("ann", "pass");
    }

    @Test
    void tlsIsPassedOnToBothDrivers() {
        DatabaseAddress address = DatabaseUrl.parse(
                "r2dbc:postgresql://ann@db/chat?sslMode=VERIFY-FULL&sslRootCert=/etc/ca%20x.pem",
                null, null);

        assertThat(address.sslMode()).isEqualTo("verify-full");
        assertThat(address.rootCertificate()).isEqualTo("/etc/ca x.pem");
        assertThat(address.jdbcUrl()).startsWith("jdbc:postgresql://db:5432/chat?")
                .endsWith("&sslmode=verify-full&sslrootcert=%2Fetc%2Fca%20x.pem");
    }

    @Test
    void theJdbcUrlHoldsNoPasswordAndKeepsBracketsAndSpaces() {
        assertThat(new DatabaseAddress("::1", 5432, "my chat", "ann", "s3cret", "disable", null).jdbcUrl())
                .startsWith("jdbc:postgresql://[::1]:5432/my%20chat?").doesNotContain("s3cret");
    }

    @ParameterizedTest
    @CsvSource({"mysql://ann:s3cret@db/chat,is not understood", "db:5432/chat,is not understood",
            "'postgresql://ann:s3cret@one,two/chat',is not understood",
            "postgresql://ann:s3cret@db:port/chat,is not understood",
            "postgresql://db/chat,names no user", "postgresql://ann:s3cret@db:70000/chat,has the port 70000",
            "postgresql://ann:s3cret@db/chat?sslmode=maybe,has the sslmode maybe",
            "postgresql://ann:s3cret@db/chat?currentSchema=x,has the option currentSchema",
            "postgresql://ann:s3cret@db/chat?sslmode,has the option sslmode",
            "postgresql://ann:s3cret%@db/chat,has a percent sign"})
    void whatIsWrongIsToldWithoutThePassword(String url, String said) {
        assertThatExceptionOfType(SettingException.class).isThrownBy(() -> DatabaseUrl.parse(url, null, null))
                .withMessageStartingWith("parley.database.url: ").withMessageContaining(said)
                .withMessageNotContaining("s3cret").withMessageNotContaining("\n");
    }

    @Test
    void anAddressDoesNotShowItsPassword() {
        assertThat(DatabaseUrl.parse("postgresql://ann:s3cret@db/chat", null, null)).hasToString("ann@db:5432/chat");
    }
}
