package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients see of two gateways behind the nginx of {@code docker/}. */
@ResourceLock(Lanes.OWN)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BehindNginxIntegrationTests {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int MANY = 12;
    private static final int ENOUGH_TO_BE_REFUSED = 60;
    /** Nodes that hear each other compare what they have heard with the log every half minute. */
    private static final Duration SOONER_THAN_FROM_THE_LOG = Duration.ofSeconds(10);
    /** Of addresses that are nobody's. */
    private static final String STRANGER = "203.0.113.7";
    private static final String OTHER_STRANGER = "203.0.113.8";

    private final Composed composed;

    BehindNginxIntegrationTests(@TempDir Path folder) throws IOException {
        composed = new Composed(folder);
    }

    private record Visitor(long dialog, String token) {

        String path(String transport) {
            return "/%s/widget/dialogs/%d".formatted(transport, dialog);
        }
    }

    @AfterAll
    void stop() {
        composed.close();
    }

    @Test
    void aQuestionOverAWebSocketIsAnsweredThere() throws Exception {
        try (Follower follower = Follower.since(followed(visitor()), 0)) {
            follower.start(Carrier.WEB_SOCKET);
            follower.say("m1", "/say Good morning!");
            follower.judge().await("the answer", judge -> judge.log().stream()
                    .anyMatch(message -> message.path("text").asString().equals("Good morning!")));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Carrier.class, names = "POLL", mode = EnumSource.Mode.EXCLUDE)
    void wordsComeWhileTheAnswerIsStillGrowing(Carrier carrier) throws Exception {
        Visitor visitor = visitor();
        try (Follower follower = Follower.since(followed(visitor), 0);
                HeldAnswer held = HeldAnswer.next(composed.model(), 5)) {
            follower.start(carrier);
            String request = post(home(carrier).address(), visitor, "m1", "/long 20").path("answer").path("request_id")
                    .asString();
            follower.judge().await("its first words", judge -> judge.text(request).endsWith("word5"));
            assertThat(follower.judge().isOver(request)).as("it goes on").isFalse();
            held.goOn(5);
            follower.judge().await("its end", judge -> judge.isOver(request));
        }
    }

    @Test
    void aPollWaitsUntilThereIsNews() throws Exception {
        Visitor visitor = visitor();
        String cursor = json(get(visitor.path("poll") + "?echo=true&wait=0&visitor_token=" + visitor.token()))
                .path("cursor").asString();
        CompletableFuture<HttpResponse<String>> poll = CLIENT.sendAsync(
                request(visitor.path("poll") + "?echo=true&wait=55&since=" + cursor, visitor.token()).build(),
                HttpResponse.BodyHandlers.ofString());
        GatewayProcess home = home(Carrier.POLL);
        assertThat(poll).isNotDone();
        post(home.address(), visitor, "m1", "Is anybody there?");
        assertThat(json(poll.join()).path("events").get(0).path("text").asString()).isEqualTo("Is anybody there?");
    }

    @ParameterizedTest
    @EnumSource(value = Carrier.class, names = "POLL", mode = EnumSource.Mode.EXCLUDE)
    void whatWasSentToTheOtherGatewayComesAtOnceAndInItsPlace(Carrier carrier) throws Exception {
        Visitor visitor = inHumanHands(visitor());
        try (Follower follower = Follower.since(followed(visitor), 0)) {
            follower.start(carrier);
            GatewayProcess home = home(carrier);
            for (GatewayProcess gateway : composed.gateways()) {
                if (gateway != home) {
                    long told = post(gateway.address(), visitor, "there", "By the other one").path("seq").asLong();
                    follower.judge().await("it", SOONER_THAN_FROM_THE_LOG, judge -> judge.last() == told);
                }
            }
            long last = post(home.address(), visitor, "here", "By this one").path("seq").asLong();
            follower.judge().await("both", judge -> judge.last() == last);
        }
    }

    @Test
    void aMessageOverRestIsSeenByWhoeverComesBack() throws Exception {
        Visitor visitor = inHumanHands(visitor());
        long last = 0;
        for (int i = 0; i < 4; i++) {
            last = post(composed.nginx().address(), visitor, "m" + i, "While nobody listened").path("seq").asLong();
        }
        long newest = last;
        JsonNode log = json(get(visitor.path("api") + "/messages?after=0&visitor_token=" + visitor.token()));
        assertThat(log.path("messages").size()).isEqualTo((int) newest);
        for (Carrier carrier : Carrier.values()) {
            try (Follower follower = Follower.since(followed(visitor), 0)) {
                follower.start(carrier);
                follower.judge().await("all of them over " + carrier, judge -> judge.last() == newest);
            }
        }
    }

    @Test
    void connectionsAreSpreadOverBothGateways() throws Exception {
        List<RawWebSocket> sockets = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Visitor visitor = visitor();
            sockets.add(RawWebSocket.open(Wire.to(composed.nginx().address()), visitor.path("ws"), visitor.token()));
        }
        for (GatewayProcess gateway : composed.gateways()) {
            assertThat(connections(gateway, Carrier.WEB_SOCKET)).isGreaterThanOrEqualTo(MANY / 3);
        }
        sockets.forEach(RawWebSocket::close);
    }

    @Test
    void clientsAreCountedByTheirOwnAddresses() throws Exception {
        Visitor visitor = visitor();
        int refused = 0;
        for (int i = 0; i < ENOUGH_TO_BE_REFUSED; i++) {
            // What it makes up in the other header helps nobody.
            HttpResponse<String> poll = send(request(visitor.path("poll") + "?wait=0", visitor.token())
                    .header("X-Forwarded-For", STRANGER).header("Forwarded", "for=198.51.100." + i));
            refused += poll.statusCode() == 429 ? 1 : 0;
        }
        assertThat(refused).as("too many new connections of one address").isPositive();
        assertThat(send(request(visitor.path("poll") + "?wait=0", visitor.token())
                .header("X-Forwarded-For", OTHER_STRANGER)).statusCode()).isEqualTo(200);
        assertThat(get(visitor.path("poll") + "?wait=0&visitor_token=" + visitor.token()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatConcernsNoClientIsNotPassedOn() throws Exception {
        for (String path : List.of("/actuator/prometheus", "/actuator/health", "/actuator;a=b/prometheus",
                "/%61ctuator/prometheus", "//actuator/prometheus")) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(get("/nginx-health").body()).isEqualTo("ok\n");
        assertThat(get("/parley-client.js").statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsTooLargeIsRefusedInTheWordsOfTheProtocol() throws Exception {
        Visitor visitor = visitor();
        for (int bytes : List.of(3_000, 70_000)) {
            HttpResponse<String> response = send(request(visitor.path("api") + "/messages", visitor.token())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(
                            Map.of("client_msg_id", "m", "text", "x".repeat(bytes))))));
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(json(response).path("code").asString()).isEqualTo("too_large");
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void whoseGatewayIsKilledIsWholeAgainWithTheOther() throws Exception {
        List<Visitor> visitors = new ArrayList<>();
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            visitors.add(inHumanHands(visitor()));
            followers.add(Follower.since(followed(visitors.getLast()), 0).persistent());
            followers.getLast().start(Carrier.ofClient(i));
            say(visitors.getLast(), "before");
        }
        GatewayProcess killed = composed.gateways().getFirst();
        assertThat(connections(killed, Carrier.WEB_SOCKET) + connections(killed, Carrier.SSE))
                .as("there is somebody to be cut off").isPositive();
        killed.kill();
        for (int i = 0; i < MANY; i++) {
            long last = say(visitors.get(i), "after");
            followers.get(i).judge().await("all that was said", judge -> judge.last() == last);
            followers.get(i).close();
        }

        Visitor visitor = visitors.getFirst();
        composed.gateways().getLast().kill();
        HttpResponse<String> response = get(visitor.path("poll") + "?wait=0&visitor_token=" + visitor.token());
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(json(response).path("code").asString()).isEqualTo("unavailable");
        Awaitility.await().until(() -> composed.nginx().log().contains("\"GET " + visitor.path("poll") + "\" 503"));
        assertThat(composed.nginx().log()).as("no token is in the log").doesNotContain("token")
                .doesNotContain(visitor.token());
    }

    private Visitor visitor() throws Exception {
        JsonNode opened = json(send(request("/api/widget/dialogs", "").header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"assistant_id\":1}"))));
        return new Visitor(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
    }

    /** So that the assistant says nothing in between. */
    private Visitor inHumanHands(Visitor visitor) throws Exception {
        GatewayProcess any = composed.gateways().getLast();
        assertThat(any.post("/api/dialogs/%d/handoff".formatted(visitor.dialog()), any.adminToken(), Map.of()).status())
                .isEqualTo(200);
        return visitor;
    }

    private FollowedDialog followed(Visitor visitor) {
        return new FollowedDialog(composed.nginx().address(), "widget", visitor.dialog(), visitor.token(), true, 0);
    }

    /** Three messages, each said until it is stored, as clients do; the seq of the last one. */
    private long say(Visitor visitor, String text) {
        long last = 0;
        for (int i = 0; i < 3; i++) {
            String id = text + i;
            last = Awaitility.await().ignoreExceptions()
                    .until(() -> post(composed.nginx().address(), visitor, id, text).path("seq").asLong(),
                            seq -> seq > 0);
        }
        return last;
    }

    private static JsonNode post(String address, Visitor visitor, String id, String text) throws Exception {
        HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(
                address + visitor.path("api") + "/messages"))
                .header("Authorization", "Bearer " + visitor.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        JSON.writeValueAsString(Map.of("client_msg_id", id, "text", text)))));
        assertThat(response.statusCode()).as(response.body()).isIn(200, 201);
        return json(response);
    }

    /** The gateway that has the only connection of this kind. */
    private GatewayProcess home(Carrier carrier) {
        List<GatewayProcess> having = new ArrayList<>();
        Awaitility.await().until(() -> {
            having.clear();
            int all = 0;
            for (GatewayProcess gateway : composed.gateways()) {
                int count = connections(gateway, carrier);
                all += count;
                if (count > 0) {
                    having.add(gateway);
                }
            }
            return all == 1;
        });
        return having.getFirst();
    }

    private static int connections(GatewayProcess gateway, Carrier carrier) throws Exception {
        String gauge = "parley_connections{audience=\"widget\",transport=\"%s\"} "
                .formatted(carrier.toString().replace(" ", ""));
        return Arrays.stream(gateway.text("/actuator/prometheus").split("\n", -1))
                .filter(line -> line.startsWith(gauge))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(gauge.length())))
                .sum();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(path, ""));
    }

    private HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(composed.nginx().address() + path));
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }
}
