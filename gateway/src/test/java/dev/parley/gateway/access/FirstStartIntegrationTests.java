package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import dev.parley.gateway.LogWatch;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.settings.SettingException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;

@Isolated(LogWatch.ALONE)
class FirstStartIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Pattern PASSWORD_LINE = Pattern
            .compile("The first administrator is (\\S+) with the password (\\S+) \\(this is shown only once\\)");

    private final TestDatabase database = TestDatabase.fresh();
    private final Passwords passwords = new Passwords();
    private final LogWatch log = LogWatch.of("dev.parley", Level.INFO);

    @AfterEach
    void close() {
        log.close();
        passwords.close();
        database.close();
    }

    @Test
    void anEmptyGatewayGetsAnAdministratorWhosePasswordIsPrintedOnce() {
        start("admin", null);
        start("admin", null);

        String password = printedPasswords().getFirst();
        assertThat(printedPasswords()).hasSize(1);
        assertThat(password).hasSizeGreaterThanOrEqualTo(20);
        assertThat(passwords.matches(password, text("select password_hash from users where username = 'admin'"))
                .block(TIMEOUT)).isTrue();
        assertThat(text("select array_to_string(roles, ',') from users where username = 'admin'")).isEqualTo("admin");
    }

    @Test
    void aGivenPasswordIsTakenAndNotPrinted() {
        start("root", "given by the operator");

        assertThat(log.lines()).noneMatch(line -> line.contains("given by the operator"));
        assertThat(passwords
                .matches("given by the operator", text("select password_hash from users where username = 'root'"))
                .block(TIMEOUT)).isTrue();
    }

    @Test
    void thereIsADemoAssistantThatEveryPageMayEmbed() {
        start("admin", null);

        assertThat(text("select array_to_string(allowed_origins, ',') from assistants")).isEqualTo("*");
        assertThat(text("select greeting from assistants")).isNotBlank();
        assertThat(text("select system_prompt from assistants")).isNotBlank();
    }

    @Test
    void whatIsThereAlreadyIsLeftAlone() {
        database.execute(
                """
                        insert into assistants (name) values ('Own');
                        insert into users (username, name, password_hash, roles, disabled) values ('x', 'X', '', '{admin}', true)""");

        start("admin", null);

        assertThat(text("select string_agg(name, ',') from assistants")).isEqualTo("Own");
        assertThat(text("select string_agg(username, ',') from users")).isEqualTo("x");
        assertThat(printedPasswords()).isEmpty();
    }

    @Test
    void nodesThatStartAtOnceMakeOneOfEach() throws Exception {
        try (ExecutorService nodes = Executors.newFixedThreadPool(8)) {
            List<Callable<Void>> starts = IntStream.range(0, 8).<Callable<Void>>mapToObj(node -> () -> {
                start("admin" + node, null);
                return null;
            }).toList();
            for (Future<Void> ended : nodes.invokeAll(starts)) {
                ended.get();
            }
        }

        assertThat(text("select count(*)::text from users")).isEqualTo("1");
        assertThat(text("select count(*)::text from assistants")).isEqualTo("1");
        assertThat(printedPasswords()).hasSize(1);
    }

    @Test
    void aUserWhoHasTheNameButNotTheRoleIsNotPromoted() {
        database.execute(
                "insert into users (username, name, password_hash, roles) values ('ADMIN', 'A', '', '{operator}')");

        start("admin", null);

        assertThat(text("select array_to_string(roles, ',') from users")).isEqualTo("operator");
        assertThat(log.lines()).anyMatch(line -> line.startsWith("WARN") && line.contains("PARLEY_ADMIN_USERNAME"));
    }

    @Test
    void aPasswordThatCannotBeUsedStopsTheStartAndIsNotShown() {
        assertThatExceptionOfType(SettingException.class).isThrownBy(() -> start("admin", "short"))
                .withMessage("parley.admin.password: the length is wrong (expected: 10 to 72 bytes)");
    }

    private void start(String username, @Nullable String password) {
        new FirstStart(database.client(),
                TransactionalOperator.create(new R2dbcTransactionManager(database.connections())),
                passwords, new RandomText(), new AdminSettings(username, password)).start();
    }

    private List<String> printedPasswords() {
        return log.lines().stream().map(PASSWORD_LINE::matcher).filter(Matcher::find).map(match -> match.group(2))
                .toList();
    }

    private String text(String query) {
        return database.client().sql(query).mapValue(String.class).one().blockOptional(TIMEOUT).orElseThrow();
    }
}
