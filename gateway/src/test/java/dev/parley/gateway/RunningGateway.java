package dev.parley.gateway;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.test.web.reactive.server.WebTestClient.RequestBodySpec;

/**
 * A whole gateway on a port of its own, with a database of its own, for tests to extend. All of them share one, so each
 * makes the users and assistants that it changes itself.
 */
@ResourceLock(Lanes.SHARED_GATEWAY)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = {
        "parley.access.secret=" + RunningGateway.SECRET, "parley.admin.password=" + RunningGateway.PASSWORD,
        // Tests say more in a minute than people do; those of the limit itself set it.
        "parley.messages.per-user-per-minute=0", "parley.answers.per-user-per-minute=0",
        "parley.answers.max-per-user=1000", "parley.ollama.urls=${tests.model}",
        // Tests let more go wrong at once than a server of models that can be relied on; those of that set these.
        "parley.answers.adaptive=false", "parley.answers.breaker-calls=0"})
@Import(FailingRoutes.class)
public abstract class RunningGateway {

    protected static final Duration TIMEOUT = Duration.ofSeconds(30);
    protected static final String SECRET = "the secret of the gateway that tests share";
    /** Of the first administrator, {@code admin}, and of all users that {@link #user} makes. */
    protected static final String PASSWORD = "a password for tests";

    protected static final TestDatabase DATABASE = TestDatabase.fresh();
    /** Answers for it, fast, and tells what it has seen. */
    protected static final RehearsalModel MODEL = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(50)).withTokensPerSecond(40));
    private static final AtomicInteger NAMES = new AtomicInteger();

    @LocalServerPort
    private int port;

    /** Made when it is first asked for, then kept: to make one takes longer than a request. */
    private @Nullable WebTestClient client;

    @DynamicPropertySource
    static void database(DynamicPropertyRegistry registry) {
        registry.add("tests.model", MODEL::url);
        DATABASE.register(registry);
    }

    protected String address() {
        return "http://localhost:" + port;
    }

    protected WebTestClient client() {
        WebTestClient made = client;
        if (made == null) {
            made = WebTestClient.bindToServer().baseUrl(address()).responseTimeout(TIMEOUT).build();
            client = made;
        }
        return made;
    }

    protected RequestBodySpec request(HttpMethod method, String path, String token) {
        return client().method(method).uri(path).header("Authorization", "Bearer " + token);
    }

    protected static String name(String start) {
        return start + NAMES.incrementAndGet();
    }

    /** Logs in and gives the token. */
    protected String token(String username) {
        return text(json(client().post().uri("/api/auth/login")
                .bodyValue(Map.of("username", username, "password", PASSWORD)), 200), "token");
    }

    /** The token of an administrator. */
    protected String admin() {
        return token("admin");
    }

    /** A new user with this role and the {@link #PASSWORD}, by an administrator's hand. */
    protected Map<String, Object> user(String role) {
        return json(request(HttpMethod.POST, "/api/users", admin()).bodyValue(
                Map.of("username", name(role), "password", PASSWORD, "roles", List.of(role))), 201);
    }

    /** The body of an answer, which has to have this status. */
    @SuppressWarnings("unchecked")
    protected static Map<String, Object> json(WebTestClient.RequestHeadersSpec<?> request, int status) {
        Map<String, Object> body = request.exchange().expectStatus().isEqualTo(status).expectBody(Map.class)
                .returnResult()
                .getResponseBody();
        return body == null ? Map.of() : body;
    }

    /** A field of an answer as text, which has to be there. */
    protected static String text(Map<String, Object> body, String field) {
        Object value = body.get(field);
        if (value == null) {
            throw new AssertionError("no " + field + " in " + body);
        }
        return value.toString();
    }

    protected static long id(Map<String, Object> body) {
        return ((Number) body.getOrDefault("id", -1)).longValue();
    }
}
