package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What a message that other nodes have to hear of costs Redis. */
@ResourceLock(Lanes.NODES)
class CommandsForAMessageIntegrationTests {

    private static final int MESSAGES = 50;

    /** Nodes also say now and then how many slots they need. */
    private static final int OTHERS = 20;

    @Test
    void aMessageThatIsHeldByTwoLimitsAndHeardByAnotherNodeTakesTwoCommands() throws Exception {
        try (SeveralNodes nodes = SeveralNodes.start(2, "--parley.connections.exempt-networks=192.0.2.0/24",
                "--parley.messages.per-user-per-minute=600", "--parley.messages.per-address-per-minute=600")) {
            nodes.awaitHearing();
            Visit visit = nodes.visit();
            Node here = nodes.node(0);
            here.post("/api/dialogs/" + visit.dialogId() + "/handoff", nodes.adminToken(), Map.of());
            try (Follower near = follow(visit, here); Follower far = follow(visit, nodes.node(1))) {
                near.say("first", "Both listen by now");
                far.judge().await("it", judge -> judge.last() >= 2);
                long before = scripts(nodes);
                long last = 0;
                for (int i = 0; i < MESSAGES; i++) {
                    last = near.say("m" + i, "Hello").path("seq").asLong();
                }
                long newest = last;
                far.judge().await("all of them", judge -> judge.last() == newest);
                assertThat(scripts(nodes) - before).isBetween(2L * MESSAGES, 2L * MESSAGES + OTHERS);
                assertThat(number(nodes, "#redis.call('KEYS', 'parley:*:limit:messages*')")).as("limits").isEqualTo(2);
            }
        }
    }

    /** All that is done for a message is done in scripts. */
    private static long scripts(SeveralNodes nodes) {
        return number(nodes, "tonumber(string.match(redis.call('INFO', 'commandstats'), 'evalsha:calls=(%d+)'))");
    }

    private static long number(SeveralNodes nodes, String lua) {
        String reply = nodes.redis.say("EVAL \"return " + lua + "\" 0");
        assertThat(reply).startsWith(":");
        return Long.parseLong(reply.substring(1));
    }

    private static Follower follow(Visit visit, Node node) {
        Follower follower = Follower.since(visit.on(node), 0);
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }
}
