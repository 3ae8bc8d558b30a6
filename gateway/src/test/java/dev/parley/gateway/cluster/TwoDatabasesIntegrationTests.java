package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Gateways of two databases use one Redis, by mistake or in turns, and both have dialogs of the same numbers. */
@ResourceLock(Lanes.NODES)
class TwoDatabasesIntegrationTests {

    @Test
    void nothingOfTheOneIsSeenByWhoFollowsADialogOfTheOther() throws Exception {
        try (TestDatabase another = TestDatabase.fresh(); SeveralNodes nodes = SeveralNodes.start(1)) {
            Node here = nodes.node(0);
            Node there = nodes.startBeside(another);
            nodes.awaitHearing();
            Visit visit = nodes.visit();
            JsonNode opened = there.post("/api/widget/dialogs", "", Map.of("assistant_id", 1));
            assertThat(opened.path("dialog_id").asLong()).isEqualTo(visit.dialogId());
            Visit other = new Visit(visit.dialogId(), opened.path("visitor_token").asString());

            nodes.say(here, visit, "m1", "/say Here, before");
            try (Follower follower = follow(visit, here)) {
                follower.judge().await("question and answer", judge -> judge.last() == 2);
                try (Follower stranger = follow(other, there)) {
                    nodes.say(there, other, "m1", "/say There");
                    stranger.judge().await("question and answer", judge -> judge.last() == 2);
                    nodes.say(here, visit, "m2", "/say Here, after");
                    follower.judge().await("all four", judge -> judge.last() == 4);
                    nodes.say(there, other, "m2", "/say There again");
                    stranger.judge().await("all four", judge -> judge.last() == 4);
                    assertThat(stranger.judge().log()).extracting(message -> message.path("text").asString())
                            .containsExactly("/say There", "There", "/say There again", "There again");
                }
            }
        }
    }

    private static Follower follow(Visit visit, Node node) {
        Follower follower = Follower.since(visit.on(node), 0);
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }
}
