package dev.parley.gateway.scenario;

import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.ContextConfiguration;

/** A gateway whose model says what it is told to, shows each word at once, and knows an operator by the name of Anna. */
@ContextConfiguration(initializers = Stage.WithScriptedModel.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Stage extends RunningGateway {

    static final ScriptedModel SCRIPTED = new ScriptedModel();

    private static final AtomicInteger PLAYS = new AtomicInteger();

    private String anna = "";

    static final class WithScriptedModel implements ApplicationContextInitializer<ConfigurableApplicationContext> {

        @Override
        public void initialize(ConfigurableApplicationContext context) {
            TestPropertyValues
                    .of("parley.ollama.urls=" + SCRIPTED.url(), "parley.answers.delta-window=0ms",
                            "parley.answers.max-concurrent=50",
                            "parley.answers.retries=0") // the model says once what it is told to say
                    .applyTo(context);
        }
    }

    @BeforeAll
    void meetAnna() {
        Map<String, Object> user = json(request(HttpMethod.POST, "/api/users", admin()).bodyValue(
                Map.of("username", name("anna"), "name", "Anna", "password", PASSWORD, "roles", List.of("operator"))),
                201);
        anna = token(text(user, "username"));
    }

    public Play play(Carrier carrier) {
        Map<String, Object> opened = json(
                client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 1)), 201);
        long dialog = Long.parseLong(text(opened, "dialog_id"));
        return new Play(new FollowedDialog(address(), "widget", dialog, text(opened, "visitor_token"), false, 0),
                new FollowedDialog(address(), "", dialog, anna, false, 0), SCRIPTED, carrier, PLAYS.incrementAndGet());
    }
}
