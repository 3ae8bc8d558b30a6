package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Farewells;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Judge;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Somebody who asks one thing after the other and waits for each answer, seen by another who follows the same dialog over
 * another carrier. Both come over a load balancer, and come back when a goodbye tells them to.
 */
final class Talker implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Every so many questions one that takes seconds to answer. */
    private static final int LONG_ONE = 3;

    private final Farewells speakersFarewells = new Farewells();
    private final Farewells onlookersFarewells = new Farewells();
    private final Follower speaker;
    private final Follower onlooker;
    private final Carrier carrier;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final FollowedDialog dialog;
    private volatile boolean enough;

    private Talker(FollowedDialog dialog, Carrier carrier) {
        this.dialog = dialog;
        this.carrier = carrier;
        this.speaker = Follower.since(dialog, 0).obedient(speakersFarewells);
        this.onlooker = Follower.since(dialog, 0).obedient(onlookersFarewells);
    }

    /** To a dialog that was opened. */
    static Talker come(JsonNode opened, String address, int number) {
        Talker talker = new Talker(new FollowedDialog(address, "widget", opened.path("dialog_id").asLong(),
                opened.path("visitor_token").asString(), true, 0), Carrier.ofClient(number));
        talker.speaker.start(talker.carrier);
        talker.onlooker.start(talker.carrier.next());
        return talker;
    }

    /** Until it is enough. */
    void talk() {
        for (int i = 0; !enough; i++) {
            String question = i % LONG_ONE == 0 ? "/long 100" : "/say This is the answer to question " + i;
            String id = nextId();
            String request = taken(id, speaker.say(id, question));
            speaker.judge().await("the end of the answer to " + question, PATIENCE, judge -> judge.isOver(request));
        }
    }

    void enough() {
        enough = true;
    }

    /** Asks that very node, and waits for the first words. */
    String askFor(GatewayProcess node, String question) throws IOException {
        String id = nextId();
        JsonNode reply = node.post("/api/widget/dialogs/%d/messages".formatted(dialog.id()), dialog.token(),
                Map.of("client_msg_id", id, "text", question)).body();
        String request = taken(id, reply);
        speaker.judge().await("its first words", PATIENCE, judge -> !judge.text(request).isEmpty());
        return request;
    }

    private String nextId() {
        return "m" + numbers.incrementAndGet();
    }

    private String taken(String clientMsgId, JsonNode reply) {
        String request = reply.path("answer").path("request_id").asString("");
        assertThat(request).as("an answer is promised: " + reply).isNotEmpty();
        said.add(clientMsgId);
        requests.add(request);
        return request;
    }

    /** Both have seen the same: all that was said, once and in order, and an answer to each. */
    void assertHasMissedNothing() {
        for (String request : requests) {
            speaker.judge().await("the end of each answer", PATIENCE, judge -> judge.isOver(request));
        }
        long last = speaker.judge().last();
        onlooker.judge().await("all of it", PATIENCE, judge -> judge.last() == last);
        for (Judge judge : List.of(speaker.judge(), onlooker.judge())) {
            List<JsonNode> log = judge.log();
            assertThat(log).extracting(message -> message.path("seq").asLong())
                    .containsExactlyElementsOf(LongStream.rangeClosed(1, last).boxed().toList());
            assertThat(of(log, "user", "client_msg_id")).containsExactlyInAnyOrderElementsOf(said);
            assertThat(of(log, "assistant", "request_id")).containsExactlyInAnyOrderElementsOf(requests);
            assertThat(log).allSatisfy(message -> assertThat(message.has("state")).isFalse());
        }
    }

    private static Stream<String> of(List<JsonNode> log, String sender, String field) {
        return log.stream().filter(message -> message.path("sender").asString().equals(sender))
                .map(message -> message.path(field).asString());
    }

    /** No connection has ended but by a goodbye, and each node was stopped once. Who polls needs none: a poll ends anyway. */
    void assertWasToldOfEachStop() {
        assertWasTold(speakersFarewells, carrier);
        assertWasTold(onlookersFarewells, carrier.next());
    }

    private static void assertWasTold(Farewells farewells, Carrier over) {
        assertThat(farewells.surprises()).as("over " + over).isEmpty();
        assertThat(farewells.count() > 0).as("goodbyes over " + over).isEqualTo(over != Carrier.POLL);
    }

    @Override
    public void close() {
        speaker.close();
        onlooker.close();
    }
}
