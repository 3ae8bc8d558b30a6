package dev.parley.gateway.browser;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.ColorScheme;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * A whole gateway with a rehearsal model, and people with browsers, for tests to extend. All of them share the gateway; each
 * person is somebody new. No browser may have had anything to complain of.
 */
@ResourceLock(Lanes.BROWSER)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = {
        "parley.access.secret=the secret of the gateway in the browser tests",
        "parley.admin.password=" + InTheBrowser.PASSWORD,
        // One visitor of a test asks in many dialogs at once.
        "parley.answers.max-per-user=100", "parley.answers.per-user-per-minute=0",
        // Answers that tests hold are no sign of a model that cannot bear more.
        "parley.answers.adaptive=false", "parley.answers.breaker-calls=0"})
@Import(InTheBrowser.Rehearsal.class)
abstract class InTheBrowser {

    static final String PASSWORD = "a password for tests";

    /** Long enough to be interrupted; a test that looks at its middle holds it there. */
    static final String LONG = "/long 200";

    /** So many characters are some words. */
    static final int SOME = 30;

    static final TestDatabase DATABASE = TestDatabase.fresh();
    private static final RehearsalModel MODEL = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(100)).withTokensPerSecond(60));

    @LocalServerPort
    private int port;

    private final List<Person> people = new ArrayList<>();

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) {
        DATABASE.register(registry);
        registry.add("parley.ollama.urls", MODEL::url);
    }

    /** Says what it is, as it does when the gateway itself has started it. So an Ollama on this machine is left alone. */
    @TestConfiguration(proxyBeanMethods = false)
    static class Rehearsal {

        @Bean
        @Primary
        ModelInfo rehearsal() {
            return new ModelInfo(ModelInfo.REHEARSAL, MODEL.url(), "rehearsal");
        }
    }

    @AfterEach
    void nobodysBrowserComplained() {
        people.forEach(Person::close);
        assertThat(people).flatExtracting(Person::complaints).isEmpty();
    }

    String address() {
        return "http://localhost:" + port;
    }

    /** Somebody at a desk. */
    Person someone() {
        return someone(1100, 800, ColorScheme.LIGHT);
    }

    Person someone(int width, int height, ColorScheme colors) {
        Person person = Person.with(width, height, colors);
        people.add(person);
        return person;
    }

    /** The operator view of this dialog, with an operator logged in. */
    OperatorPage operatorAt(String link) {
        return OperatorPage.open(someone(), link).logIn("admin", PASSWORD);
    }

    /** The next answer stands still after so many words, each time until it is told to go on. */
    static HeldAnswer holdAnswer(Integer... afterWords) {
        return HeldAnswer.next(MODEL, afterWords);
    }

    /** What the rehearsal model says to a conversation's first message. */
    static String answerTo(String text) {
        return RehearsalModel.answerTo(List.of(text));
    }
}
