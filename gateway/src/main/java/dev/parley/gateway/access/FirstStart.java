package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.settings.SettingException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.util.StringUtils;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Makes an empty gateway usable: the first administrator where there is none, and a demo assistant where there is no
 * assistant. This is done before the first connection is accepted. Nodes that start at once take turns at the database,
 * so one of them does it and only that one prints the password.
 */
@Component
final class FirstStart implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(FirstStart.class);

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    /** The first connection of a cold process on a busy machine may take longer than one is given later. */
    private static final int TRIES = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Held while the tables are looked at and filled. Any number, but only for this. */
    private static final String LOCK = "select true from pg_advisory_xact_lock(7310864502)";

    private static final String HAS_ADMIN = "select exists (select from users where 'admin' = any (roles))";

    private static final String INSERT_ADMIN = """
            insert into users (username, name, password_hash, roles) values ($1, $2, $3, $4)
            on conflict do nothing returning id""";

    private static final String INSERT_ASSISTANT = """
            insert into assistants (name, greeting, system_prompt, allowed_origins)
            select $1, $2, $3, '{*}' where not exists (select from assistants)""";

    private final DatabaseClient database;
    private final TransactionalOperator transaction;
    private final Passwords passwords;
    private final RandomText random;
    private final AdminSettings settings;
    private volatile boolean running;

    FirstStart(DatabaseClient database, TransactionalOperator transaction, Passwords passwords, RandomText random,
            AdminSettings settings) {
        this.database = database;
        this.transaction = transaction;
        this.passwords = passwords;
        this.random = random;
        this.settings = settings;
    }

    /** What became of the administrator. */
    private sealed interface Outcome {

        record Present() implements Outcome {}

        record Created(@Nullable String generatedPassword) implements Outcome {}

        record NameTaken() implements Outcome {}
    }

    /** On the thread that starts the application, which is not an event loop and has to wait. */
    @Override
    public void start() {
        running = true;
        check(settings);
        Outcome outcome = lock().then(admin())
                .delayUntil(_ -> demoAssistant())
                .as(transaction::transactional)
                .retryWhen(Retry.fixedDelay(TRIES, PAUSE).filter(DatabaseFailures::away))
                .block(TIMEOUT);
        switch (outcome) {
            case Outcome.Created(String password) when password != null ->
                log.warn("The first administrator is {} with the password {} (this is shown only once)",
                        settings.username(), password);
            case Outcome.Created _ -> log.info("The first administrator is {}", settings.username());
            case Outcome.NameTaken _ -> log.warn("There is no administrator, and the user {} is none:"
                    + " set PARLEY_ADMIN_USERNAME to another name and start again", settings.username());
            case Outcome.Present _ -> log.debug("There is an administrator");
            case null -> throw new IllegalStateException("the database gave no answer");
        }
    }

    private static void check(AdminSettings settings) {
        String password = settings.password();
        if (StringUtils.hasText(password) && !Passwords.isAllowed(password)) {
            throw new SettingException("parley.admin.password", "the length is wrong (expected: " + Passwords.MIN_BYTES
                    + " to " + Passwords.MAX_BYTES + " bytes)");
        }
        if (!settings.username().strip().equals(settings.username()) || settings.username().isEmpty()) {
            throw new SettingException("parley.admin.username", "expected a name without spaces around it");
        }
    }

    private Mono<Boolean> lock() {
        return database.sql(LOCK).mapValue(Boolean.class).one();
    }

    private Mono<Outcome> admin() {
        return database.sql(HAS_ADMIN)
                .mapValue(Boolean.class)
                .one()
                .flatMap(present -> present ? Mono.just(new Outcome.Present()) : createAdmin());
    }

    private Mono<Outcome> createAdmin() {
        String given = settings.password();
        boolean generated = given == null || given.isBlank();
        String password = given == null || given.isBlank() ? random.password() : given;
        return passwords.hash(password)
                .flatMap(hash -> database.sql(INSERT_ADMIN)
                        .bind("$1", settings.username())
                        .bind("$2", settings.username())
                        .bind("$3", hash)
                        .bind("$4", Users.codes(Set.of(Role.ADMIN)))
                        .mapValue(Long.class)
                        .one())
                .<Outcome>map(_ -> new Outcome.Created(generated ? password : null))
                .defaultIfEmpty(new Outcome.NameTaken());
    }

    private Mono<Long> demoAssistant() {
        return database.sql(INSERT_ASSISTANT)
                .bind("$1", "Parley")
                .bind("$2", "Hello! I am the demo assistant of this gateway. What would you like to know?")
                .bind("$3", "You are a friendly assistant on a web page. Answer briefly, in plain words and in the"
                        + " language of the question. Say so when you do not know something.")
                .fetch()
                .rowsUpdated();
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server, which starts at {@code DEFAULT_PHASE - 2048}. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 4096;
    }
}
