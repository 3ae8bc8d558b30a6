package dev.parley.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.client.FollowedDialog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** Many dialogs of one gateway, each in the hands of one operator, and many hands to do things with them side by side. */
final class Crowd {

    /** As many requests as are under way at once. */
    private static final int AT_ONCE = 32;
    private static final int MAX_TRIES = 30;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final GatewayProcess gateway;
    private final String operator;

    /** What is done for each of many. */
    interface Work<T> {
        void on(T one) throws Exception;
    }

    /** A dialog, and how many messages were posted to it. */
    static final class Talk {

        final long id;
        final String token;
        private int said;

        Talk(long id, String token) {
            this.id = id;
            this.token = token;
        }
    }

    Crowd(GatewayProcess gateway) throws IOException {
        this.gateway = gateway;
        this.operator = gateway.adminToken();
    }

    /** What lifts the limits that are not under test. */
    static Map<String, String> settings() {
        return Map.of("SPRING_PROFILES_ACTIVE", "load", "PARLEY_MESSAGES_REPLAYLIMIT", "20000");
    }

    /** So many dialogs, each taken over by the operator, which is their first message. */
    List<Talk> open(int count) throws Exception {
        List<Talk> talks = new ArrayList<>();
        forAll(IntStream.range(0, count).boxed().toList(), i -> {
            JsonNode opened = patiently(201, () -> gateway.post("/api/widget/dialogs", "", Map.of("assistant_id", 1)));
            Talk talk = new Talk(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
            takeOver(talk);
            synchronized (talks) {
                talks.add(talk);
            }
        });
        return talks;
    }

    /** The operator says so much in a dialog, one after the other. */
    void say(Talk talk, int messages, String text) throws IOException {
        for (int i = 0; i < messages; i++) {
            String id = "m" + ++talk.said;
            patiently(201, () -> gateway.post("/api/dialogs/%d/messages".formatted(talk.id), operator,
                    Map.of("client_msg_id", id, "text", text)));
        }
    }

    /** The visitor asks the assistant, whose answer is one message more. */
    void ask(Talk talk, String text) throws IOException {
        String id = "m" + ++talk.said;
        patiently(201, () -> gateway.post("/api/widget/dialogs/%d/messages".formatted(talk.id), talk.token,
                Map.of("client_msg_id", id, "text", text)));
        talk.said++;
    }

    void giveBack(Talk talk) throws IOException {
        patiently(200, () -> gateway.delete("/api/dialogs/%d/handoff".formatted(talk.id), operator));
        talk.said++;
    }

    /** The operator takes the dialog over. */
    void takeOver(Talk talk) throws IOException {
        patiently(200, () -> gateway.post("/api/dialogs/%d/handoff".formatted(talk.id), operator, Map.of()));
        talk.said++;
    }

    /** Asks again where the gateway says that it is away for a moment, as clients do; here it has little of a machine. */
    private static JsonNode patiently(int status, Request request) throws IOException {
        GatewayProcess.Answer answer = request.send();
        for (int i = 0; i < MAX_TRIES && answer.status() == 503; i++) {
            LockSupport.parkNanos(PAUSE.toNanos());
            answer = request.send();
        }
        // What was stored although nobody was told so is there already.
        assertThat(answer.status() == 200 ? status : answer.status()).as(answer.toString()).isEqualTo(status);
        return answer.body();
    }

    private interface Request {
        GatewayProcess.Answer send() throws IOException;
    }

    /** How its visitor follows it. */
    FollowedDialog asVisitor(Talk talk) {
        return new FollowedDialog(gateway.address(), "widget", talk.id, talk.token, true, 0);
    }

    /** The seq of the dialog's newest message. */
    static long newest(Talk talk) {
        return talk.said;
    }

    /** Does it for all, many at once; the first failure is the caller's. */
    static <T> void forAll(Collection<T> all, Work<T> work) throws Exception {
        Semaphore hands = new Semaphore(AT_ONCE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (T one : all) {
                done.add(threads.submit(() -> {
                    hands.acquire();
                    try {
                        work.on(one);
                    } finally {
                        hands.release();
                    }
                    return null;
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        } catch (ExecutionException wrong) {
            throw new AssertionError(wrong.getMessage(), wrong.getCause());
        }
    }
}
