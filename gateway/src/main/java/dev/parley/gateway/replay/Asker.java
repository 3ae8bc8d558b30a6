package dev.parley.gateway.replay;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One visitor who opens a dialog, follows it by server-sent events, asks one question and hears the answer to its end. Blocks;
 * each has a thread of its own.
 */
final class Asker {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final int MOST_SECONDS_TO_READY = 60;

    private final HttpClient http;
    private final URI gateway;
    private final long assistantId;

    Asker(HttpClient http, URI gateway, long assistantId) {
        this.http = http;
        this.gateway = gateway;
        this.assistantId = assistantId;
    }

    /** The gateway said no, in its own words. */
    static final class RefusedException extends IOException {

        private static final long serialVersionUID = 1L;

        RefusedException(String text) {
            super(text);
        }
    }

    /**
     * Asks, at the same moment as all others that come to the barrier.
     *
     * @param patience that the answer may take
     */
    Answered ask(String question, CyclicBarrier together, Duration patience)
            throws IOException, InterruptedException, java.util.concurrent.BrokenBarrierException, TimeoutException {
        JsonNode dialog = post("/api/widget/dialogs", "", Map.of("assistant_id", assistantId));
        long id = dialog.path("dialog_id").asLong();
        String token = dialog.path("visitor_token").asString();
        HttpRequest follow = request("/sse/widget/dialogs/%d".formatted(id), token).timeout(REQUEST_TIMEOUT).build();
        HttpResponse<Stream<String>> stream = http.send(follow, BodyHandlers.ofLines());
        try (Stream<String> lines = stream.body()) {
            Iterator<String> events = lines.iterator();
            if (stream.statusCode() != 200) {
                throw new RefusedException("/sse answered " + stream.statusCode());
            }
            next(events); // hello: from now on everything is heard
            together.await(MOST_SECONDS_TO_READY, TimeUnit.SECONDS);
            Answered.Watch watch = new Answered.Watch(System.nanoTime());
            JsonNode posted = post("/api/widget/dialogs/%d/messages".formatted(id), token,
                    Map.of("client_msg_id", "1", "text", question));
            if (posted.has("answer_refused")) {
                return watch.refused(posted.path("answer_refused").path("code").asString());
            }
            String requestId = posted.path("answer").path("request_id").asString();
            watch.queued(posted.path("answer").path("position").asInt());
            while (!watch.isOver() && watch.elapsed().compareTo(patience) < 0) {
                JsonNode event = next(events);
                if (event.path("request_id").asString("").equals(requestId)) {
                    watch.heard(event);
                }
            }
            return watch.answered();
        }
    }

    /** The next event that has data; a comment comes every few seconds where there is none. */
    private static JsonNode next(Iterator<String> lines) throws IOException {
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith("data:")) {
                return JSON.readTree(line.substring("data:".length()));
            }
        }
        throw new IOException("the gateway ended the stream of events");
    }

    private JsonNode post(String path, String token, Map<String, Object> body)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request(path, token).timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new RefusedException("%s answered %d: %s".formatted(path, answer.statusCode(), answer.body()));
        }
        return JSON.readTree(answer.body());
    }

    private HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.resolve(path));
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }
}
