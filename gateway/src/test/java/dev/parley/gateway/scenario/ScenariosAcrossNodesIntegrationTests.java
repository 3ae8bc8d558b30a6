package dev.parley.gateway.scenario;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.cluster.AlternatingProxy;
import dev.parley.gateway.cluster.SeveralNodes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Two nodes are one gateway for every scenario, although each connection, and each that comes back, goes to another of them. */
@ResourceLock(Lanes.NODES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScenariosAcrossNodesIntegrationTests implements ScenarioContract, CutsContract {

    private final ScriptedModel model = new ScriptedModel();
    private final SeveralNodes nodes = SeveralNodes.start(2, "--parley.ollama.urls=" + model.url(),
            "--parley.answers.delta-window=0ms", "--parley.answers.max-concurrent=50", "--parley.answers.retries=0");
    private final AlternatingProxy balancer = nodes.balancer();
    private final AtomicInteger plays = new AtomicInteger();
    private String anna = "";

    @BeforeAll
    void meetAnna() {
        nodes.awaitHearing();
        nodes.node(0).post("/api/users", nodes.adminToken(), Map.of("username", "anna", "name", "Anna", "password",
                SeveralNodes.PASSWORD, "roles", List.of("operator")));
        anna = nodes.node(1).post("/api/auth/login", "", Map.of("username", "anna", "password", SeveralNodes.PASSWORD))
                .path("token").asString();
    }

    @AfterAll
    void close() throws IOException {
        balancer.close();
        nodes.close();
        model.close();
    }

    @Override
    public Play play(Carrier carrier) {
        Visit visit = nodes.visit();
        return new Play(new FollowedDialog(balancer.address(), "widget", visit.dialogId(), visit.token(), false, 0),
                new FollowedDialog(balancer.address(), "", visit.dialogId(), anna, false, 0), model, carrier,
                plays.incrementAndGet());
    }
}
