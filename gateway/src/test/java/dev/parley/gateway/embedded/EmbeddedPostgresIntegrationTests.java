package dev.parley.gateway.embedded;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One gateway after the other on one data directory, with all that can go wrong in between. */
@ResourceLock(Lanes.OWN)
@Timeout(60)
class EmbeddedPostgresIntegrationTests {

    private static DataDirectories directories;

    @BeforeAll
    static void prepare() throws IOException {
        directories = DataDirectories.create();
    }

    @AfterAll
    static void tidyUp() {
        directories.close();
    }

    @Test
    void whatIsSetUpIsSafeAndSpeaksUtf8() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directories.used("settings"))) {
            Database database = new Database(postgres);

            assertThat(database.ask("show fsync")).isEqualTo("on");
            assertThat(database.ask("show data_checksums")).isEqualTo("on");
            assertThat(database.ask("show server_encoding")).isEqualTo("UTF8");
            assertThat(
                    database.ask(
                            "select datlocprovider::text || ' ' || datlocale from pg_database where datname = 'parley'"))
                    .isEqualTo("b C.UTF-8");
            assertThat(database.ask("select upper('straße ä')")).isEqualTo("STRAßE Ä");
            database.run("create extension pg_trgm");
        }
    }

    @Test
    void rowsSurviveARestart() throws Exception {
        Path directory = directories.used("restart");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            new Database(postgres).run("create table words as select 'kept' as word");
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThat(new Database(postgres).ask("select word from words")).isEqualTo("kept");
        }
    }

    @Test
    void onlyLoopbackIsListenedOn() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directories.used("loopback"))) {
            assertThat(listening("/proc/net/tcp", postgres.port())).containsExactly("0100007F");
            assertThat(listening("/proc/net/tcp6", postgres.port())).isEmpty();
            assertThat(Files.readString(Path.of("/proc/net/unix"))).doesNotContain("PGSQL." + postgres.port());
        }
    }

    @Test
    void nobodyLogsInButTheGatewayWithItsPassword() throws Exception {
        Path directory = directories.used("login");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            Database database = new Database(postgres);

            assertThat(postgres.password()).hasSizeGreaterThan(40);
            assertThat(Files.getPosixFilePermissions(directory.resolve("pg18/parley.password")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThatThrownBy(() -> database.connect(postgres.username(), "guess")).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> database.connect("postgres", postgres.password()))
                    .isInstanceOf(SQLException.class);
            assertThat(database.ask("select rolsuper from pg_roles where rolname = current_user")).isEqualTo("f");
        }
    }

    @Test
    void aSignalFromTheTerminalDoesNotReachIt() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directories.used("session"))) {
            assertThat(session(postgres.process().pid())).isEqualTo(postgres.process().pid())
                    .isNotEqualTo(session(ProcessHandle.current().pid()));
        }
    }

    @Test
    void aServerThatIsKilledIsStartedAgainOnItsPort() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directories.used("killed"))) {
            Database database = new Database(postgres);
            database.run("create table words as select 'kept' as word");
            ProcessHandle first = postgres.process();
            int port = postgres.port();

            first.destroyForcibly();

            awaitAnother(postgres, first);
            assertThat(postgres.port()).isEqualTo(port);
            assertThat(database.ask("select word from words")).isEqualTo("kept");
        }
    }

    @Test
    void aQueryThatOutlivesItsServerIsWaitedFor() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directories.used("outlived"))) {
            Database database = new Database(postgres);
            ProcessHandle first = postgres.process();
            // It computes and never looks whether its server still lives. Its end is the error that follows from it.
            Thread query = Thread.startVirtualThread(() -> assertThatThrownBy(
                    () -> database
                            .run("set statement_timeout = '2s'; select count(*) from generate_series(1, 1000000000)"))
                    .isInstanceOf(SQLException.class));
            while (!"1".equals(database.ask("select count(*) from pg_stat_activity where query like '%1000000000)'"
                    + " and pid <> pg_backend_pid() and state = 'active'"))) {
                Thread.sleep(20);
            }

            first.destroyForcibly();

            awaitAnother(postgres, first);
            assertThat(database.ask("select 1")).isEqualTo("1");
            query.join();
        }
    }

    @Test
    void anOrphanIsStoppedAndItsRowsAreThere() throws Exception {
        Path directory = directories.used("orphan");
        try (OtherGateway other = OtherGateway.start(directory)) {
            assertThatExceptionOfType(StartException.class).isThrownBy(() -> EmbeddedPostgres.start(directory))
                    .withMessageStartingWith("Another gateway is using the data directory " + directory.toRealPath());
            other.kill();
            assertThat(other.postgres().isAlive()).isTrue();

            try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
                assertThat(other.postgres().isAlive()).isFalse();
                assertThat(new Database(postgres).ask("select 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void gatewayAndServerKilledTogetherLeaveNothingInTheWay() throws Exception {
        Path directory = directories.used("both");
        try (OtherGateway other = OtherGateway.start(directory)) {
            other.kill();
            other.killPostgres();
            assertThat(directory.resolve("pg18/postmaster.pid")).exists();
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThat(new Database(postgres).ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void aStrangerWithTheNumberOfTheOldServerIsLeftAlone() throws Exception {
        Path directory = directories.used("stranger");
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            Files.writeString(directory.resolve("pg18/postmaster.pid"), stranger.pid() + """

                    /data/pg18
                    1795224793
                    5999

                    127.0.0.1
                      2146320        13
                    ready
                    """);

            EmbeddedPostgres.start(directory).close();

            assertThat(stranger.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void aSecondGatewayInTheSameProcessFailsAtOnceAndHarmsNothing() throws Exception {
        Path directory = directories.used("second");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThatExceptionOfType(StartException.class).isThrownBy(() -> EmbeddedPostgres.start(directory))
                    .withMessageContaining(directory.toRealPath().toString()).withMessageNotContaining("\n");
            assertThat(new Database(postgres).ask("select 1")).isEqualTo("1");
        }
        EmbeddedPostgres.start(directory).close();
    }

    @Test
    void aCrashWhileUnpackingOrSettingUpHeals() throws Exception {
        Path directory = directories.unpacked("crash");
        Path half = Files.createDirectories(directory.resolve("pg18.new-1/base"));
        Files.writeString(half.resolveSibling("PG_VERSION"), "18\n");
        Files.writeString(directory.resolve("pg18.new-1/postmaster.pid"), "1\n");
        Path halfUnpacked = Files.createDirectories(directory.resolve("pgbin/18.4.0.new-1/bin"));
        Files.writeString(halfUnpacked.resolve("postgres"), "half of it");

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThat(new Database(postgres).ask("select 1")).isEqualTo("1");
            assertThat(directory.resolve("pg18.new-1")).doesNotExist();
        }
    }

    @Test
    void aBrokenDataDirectoryIsToldInOneLine() throws Exception {
        Path directory = directories.used("broken");
        Files.delete(directory.resolve("pg18/global/pg_control"));

        assertThatExceptionOfType(StartException.class).isThrownBy(() -> EmbeddedPostgres.start(directory))
                .withMessageMatching("The embedded PostgreSQL in .* does not start: .*pg_control.*");
    }

    /** The addresses that something listens on at this port. */
    private static List<String> listening(String table, int port) throws IOException {
        Pattern line = Pattern.compile(" *\\d+: ([0-9A-F]+):%04X 0+:0000 0A .*".formatted(port));
        try (Stream<String> lines = Files.lines(Path.of(table))) {
            return lines.map(line::matcher).filter(Matcher::matches).map(match -> match.group(1)).toList();
        }
    }

    private static long session(long pid) throws IOException {
        String status = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Long.parseLong(status.substring(status.lastIndexOf(')') + 2).split(" ", 5)[3]);
    }

    private static void awaitAnother(EmbeddedPostgres postgres, ProcessHandle first) throws InterruptedException {
        while (postgres.process().pid() == first.pid()) {
            Thread.sleep(20);
        }
    }
}
