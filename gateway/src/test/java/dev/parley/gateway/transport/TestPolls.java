package dev.parley.gateway.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that polls, one poll after the other, and remembers all that it was told. */
final class TestPolls implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String address;
    private final String token;
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile String cursor;
    private volatile boolean closed;
    private volatile @Nullable IOException failure;

    private TestPolls(String address, String token, String cursor) {
        this.address = address;
        this.token = token;
        this.cursor = cursor;
        this.thread = Thread.ofVirtual().unstarted(this::run);
    }

    /** Polls until it is closed. */
    static TestPolls start(String address, String token, String cursor) {
        TestPolls polls = new TestPolls(address, token, cursor);
        polls.thread.start();
        return polls;
    }

    /** One response, which has to be good. */
    static JsonNode once(String address, String token, String query) throws IOException, InterruptedException {
        HttpResponse<String> response = CLIENT.send(HttpRequest.newBuilder(URI.create(address + "?" + query))
                .header("Authorization", "Bearer " + token).build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(response.statusCode() + " " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private void run() {
        while (!closed) {
            try {
                JsonNode news = once(address, token, "echo=true&wait=5&since=" + cursor);
                news.path("events").forEach(events::add);
                cursor = news.path("cursor").asString();
            } catch (IOException e) {
                if (!closed) {
                    failure = e;
                    return;
                }
            } catch (InterruptedException closing) {
                return;
            }
        }
    }

    /** All that was told; not to be had once a poll has failed. */
    List<JsonNode> events() {
        IOException broken = failure;
        if (broken != null) {
            throw new UncheckedIOException(broken);
        }
        return events;
    }

    String cursor() {
        return cursor;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
