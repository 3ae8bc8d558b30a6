package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.ParleyApplication;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Two gateways share a Redis of several servers, of which one dies and another takes its place. */
abstract class FailoverContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase database = TestDatabase.fresh();
    private final RehearsalModel model = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(50));
    private final List<ConfigurableApplicationContext> nodes = new ArrayList<>();

    FailoverContract() throws IOException {}

    /** Starts the servers. */
    abstract String redisUrl();

    /** Kills one that has what gateways need. */
    abstract void killOne(String database);

    abstract void stopAll();

    @AfterEach
    void stop() {
        nodes.forEach(ConfigurableApplicationContext::close);
        stopAll();
        model.close();
        database.close();
    }

    @Test
    void nodesHearEachOtherAlsoWhenAnotherServerHasTakenThePlaceOfOneThatDied() {
        String url = redisUrl();
        nodes.add(start(url));
        nodes.add(start(url));
        nodes.forEach(node -> Awaitility.await().atMost(PATIENCE).until(() -> isWhole(node)));
        JsonNode opened = at(0).post("/api/widget/dialogs", "", Map.of("assistant_id", 1));
        Visit visit = new Visit(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
        try (Follower visitor = follow(visit, 0); Follower onlooker = follow(visit, 1)) {
            assertThat(doWordsCross(visitor, onlooker, "before")).isTrue();
            assertThat(isDegraded()).isFalse();

            killOne(database.client().sql("select name from installation").mapValue(String.class).one()
                    .blockOptional(PATIENCE).orElseThrow());
            long said = visitor.say("meanwhile", "/say Nobody notices").path("seq").asLong();
            onlooker.judge().await("what was said", PATIENCE, judge -> judge.last() >= said);
            nodes.forEach(node -> Awaitility.await().atMost(PATIENCE).until(() -> isWhole(node) && !isDegraded()));
            Awaitility.await().atMost(PATIENCE)
                    .until(() -> doWordsCross(visitor, onlooker, "after " + System.nanoTime()));
            visitor.judge().await("all", PATIENCE, judge -> judge.last() == onlooker.judge().last());
        }
    }

    /** Words are in no log before the answer is over: who sees it growing has heard it from the other node. */
    private static boolean doWordsCross(Follower visitor, Follower onlooker, String id) {
        String request = visitor.say(id, "/long 100").path("answer").path("request_id").asString();
        visitor.judge().await("the answer", PATIENCE, judge -> judge.text(request).length() > 200
                || judge.isOver(request));
        boolean cross = !onlooker.judge().text(request).isEmpty() && !onlooker.judge().isOver(request);
        onlooker.judge().await("its end", PATIENCE, judge -> judge.isOver(request));
        return cross;
    }

    private boolean isDegraded() {
        for (int i = 0; i < 2; i++) {
            String token = at(i).post("/api/auth/login", "",
                    Map.of("username", "admin", "password", SeveralNodes.PASSWORD)).path("token").asString();
            if (at(i).get("/api/ai/status", token).path("degraded").asBoolean(true)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWhole(ConfigurableApplicationContext node) {
        return node.getBean(MeterRegistry.class).get("parley.bus.whole").gauge().value() == 1;
    }

    private ConfigurableApplicationContext start(String redis) {
        return new SpringApplicationBuilder(ParleyApplication.class).run("--server.port=0",
                "--spring.profiles.active=load", "--parley.database.url=" + database.url(),
                "--parley.redis.url=" + redis, "--parley.access.secret=the secret of all nodes of the tests",
                "--parley.admin.password=" + SeveralNodes.PASSWORD, "--parley.ollama.urls=" + model.url(),
                "--parley.answers.adaptive=false");
    }

    private GatewayAt at(int node) {
        return new GatewayAt("http://localhost:"
                + nodes.get(node).getEnvironment().getRequiredProperty("local.server.port"));
    }

    private Follower follow(Visit visit, int node) {
        Follower follower = Follower.since(
                new FollowedDialog(at(node).address(), "widget", visit.dialogId(), visit.token(), true, 0), 0);
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }
}
