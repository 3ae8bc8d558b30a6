package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.problem.Problem;
import io.r2dbc.spi.Readable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * The users and their passwords. Cancelling what these methods return does not cancel the statement; a missing id is
 * {@code NOT_FOUND}, a username that somebody has {@code CONFLICT}. There is always an administrator who can log in: what
 * would leave none is a {@code CONFLICT}, also when two nodes try it at once.
 */
@Component
public final class Users {

    /** What {@link #allowsPassword} wants, for people. */
    public static final String PASSWORD_RULE = "expected " + Passwords.MIN_BYTES + " to " + Passwords.MAX_BYTES
            + " bytes of UTF-8";

    private static final String COLUMNS = "id, username, name, roles, disabled, created_at, updated_at";

    /** Held while administrators change, so that each change sees the one before. Any number, but only for this. */
    private static final String LOCK = "select true from pg_advisory_xact_lock(7310864501)";

    private static final String ADMINS = "select count(*) from users where 'admin' = any (roles) and not disabled";

    private static final String UPDATE = """
            update users set username = coalesce($1, username), name = coalesce($2, name),
                   password_hash = coalesce($3, password_hash), roles = coalesce($4, roles), updated_at = now()
            where id = $5 returning\s""" + COLUMNS;

    private static final String INSERT = """
            insert into users (username, name, password_hash, roles) values ($1, $2, $3, $4) returning\s""" + COLUMNS;

    private final DatabaseClient database;
    private final TransactionalOperator transaction;
    private final Passwords passwords;
    private final ShortMemory<Known> memory = new ShortMemory<>();

    Users(DatabaseClient database, TransactionalOperator transaction, Passwords passwords) {
        this.database = database;
        this.transaction = transaction;
        this.passwords = passwords;
    }

    public static boolean allowsPassword(String password) {
        return Passwords.isAllowed(password);
    }

    /** What is needed to check a password or a token of a user. */
    record Known(User user, String passwordHash, Caller.Operator caller) {}

    /** The user with this id, or nothing: cheap, and at most five seconds old. Disabled ones are found, too. */
    Mono<Known> known(long id) {
        return memory.get(id, () -> database.sql("select password_hash, " + COLUMNS + " from users where id = $1")
                .bind("$1", id)
                .map(Users::withHash)
                .one());
    }

    /** The user with this name as it is now, or nothing. Disabled ones are found, too. */
    Mono<Known> withUsername(String username) {
        return database.sql("select password_hash, " + COLUMNS + " from users where lower(username) = lower($1)")
                .bind("$1", username)
                .map(Users::withHash)
                .one()
                .as(Detached::run);
    }

    public Mono<User> read(long id) {
        return database.sql("select " + COLUMNS + " from users where id = $1")
                .bind("$1", id)
                .map(Users::user)
                .one()
                .as(Detached::run)
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    /** Up to {@code limit} users with ids after {@code afterId}, in the order of their ids. */
    public Mono<List<User>> list(long afterId, int limit) {
        return database.sql("select " + COLUMNS + " from users where id > $1 order by id limit $2")
                .bind("$1", afterId)
                .bind("$2", limit)
                .map(Users::user)
                .all()
                .collectList()
                .as(Detached::run);
    }

    public Mono<User> create(String username, String name, String password, Set<Role> roles) {
        return passwords.hash(password)
                .flatMap(hash -> database.sql(INSERT)
                        .bind("$1", username)
                        .bind("$2", name)
                        .bind("$3", hash)
                        .bind("$4", codes(roles))
                        .map(Users::user)
                        .one())
                .as(Detached::run)
                .onErrorMap(DuplicateKeyException.class, _ -> taken());
    }

    public Mono<User> change(long id, UserChange change) {
        Mono<String> hash = change.password() == null ? Mono.just("") : passwords.hash(change.password());
        return hash.flatMap(hashed -> changed(id, database.sql(UPDATE)
                .bind("$1", Rows.text(change.username()))
                .bind("$2", Rows.text(change.name()))
                .bind("$3", Rows.text(hashed.isEmpty() ? null : hashed))
                .bind("$4", Rows.texts(change.roles() == null ? null : codes(change.roles())))
                .bind("$5", id)));
    }

    public Mono<User> setDisabled(long id, boolean disabled) {
        return changed(id, database.sql(
                "update users set disabled = $1, updated_at = now() where id = $2 returning " + COLUMNS)
                .bind("$1", disabled)
                .bind("$2", id));
    }

    private Mono<User> changed(long id, DatabaseClient.GenericExecuteSpec update) {
        return database.sql(LOCK)
                .mapValue(Boolean.class)
                .one()
                .then(update.map(Users::user).one())
                .delayUntil(_ -> mustHaveAdmin())
                .as(transaction::transactional)
                .doOnTerminate(() -> memory.forget(id))
                .as(Detached::run)
                .onErrorMap(DuplicateKeyException.class, _ -> taken())
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    private Mono<Long> mustHaveAdmin() {
        return database.sql(ADMINS)
                .mapValue(Long.class)
                .one()
                .filter(count -> count > 0)
                .switchIfEmpty(Mono.error(
                        () -> Problem.CONFLICT.with("This is the last administrator: make another one first")));
    }

    private static RuntimeException taken() {
        return Problem.CONFLICT.with("username: somebody has this one already");
    }

    static String[] codes(Set<Role> roles) {
        return roles.stream().map(Role::code).sorted().toArray(String[]::new);
    }

    private static Known withHash(Readable row) {
        User user = user(row);
        return new Known(user, Rows.get(row, "password_hash", String.class), user.caller());
    }

    private static User user(Readable row) {
        Set<Role> roles = Arrays.stream(Rows.get(row, "roles", String[].class))
                .map(role -> Role.valueOf(role.toUpperCase(Locale.ROOT)))
                .collect(Collectors.toUnmodifiableSet());
        return new User(Rows.get(row, "id", Long.class), Rows.get(row, "username", String.class),
                Rows.get(row, "name", String.class), roles, Rows.get(row, "disabled", Boolean.class),
                Rows.instant(row, "created_at"), Rows.instant(row, "updated_at"));
    }
}
