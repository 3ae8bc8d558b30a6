package dev.parley.gateway.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A reader of server-sent events that remembers all that it was told; the JDK's own HTTP client below it. */
final class TestStream implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final HttpResponse<Stream<String>> response;
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<JsonNode> data = new CopyOnWriteArrayList<>();
    private final List<String> comments = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closing;

    /** @param id of this event, or of the last one that had any */
    record Event(String type, String id, JsonNode data) {}

    private TestStream(HttpResponse<Stream<String>> response) {
        this.response = response;
        Thread.ofVirtual().start(this::read);
    }

    static TestStream open(String address, String path, String token, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                .header("Authorization", "Bearer " + token);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return new TestStream(CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofLines()));
    }

    private void read() {
        List<String> lines = new ArrayList<>();
        try {
            response.body().forEach(line -> {
                if (!line.isEmpty()) {
                    lines.add(line);
                } else {
                    take(List.copyOf(lines));
                    lines.clear();
                }
            });
        } catch (UncheckedIOException cutOff) {
            // By us, or by the gateway: the test says which it wants.
        } catch (IllegalStateException closed) {
            if (!closing) {
                throw closed;
            }
        } finally {
            ended.complete(null);
        }
    }

    private void take(List<String> lines) {
        lines.stream().filter(line -> line.startsWith(":")).forEach(comments::add);
        String data = field(lines, "data");
        if (!data.isEmpty()) {
            String id = field(lines, "id");
            String last = events.isEmpty() ? "" : events.getLast().id();
            events.add(new Event(field(lines, "event"), id.isEmpty() ? last : id, JSON.readTree(data)));
            this.data.add(events.getLast().data());
        }
    }

    private static String field(List<String> lines, String name) {
        return lines.stream().filter(line -> line.startsWith(name + ": ")).findFirst()
                .map(line -> line.substring(name.length() + 2)).orElse("");
    }

    int status() {
        return response.statusCode();
    }

    HttpHeaders headers() {
        return response.headers();
    }

    List<Event> events() {
        return events;
    }

    /** The data of all events so far, in order. */
    List<JsonNode> data() {
        return data;
    }

    List<String> comments() {
        return comments;
    }

    boolean isOpen() {
        return !ended.isDone();
    }

    Event await(String type) {
        return await(event -> event.type().equals(type));
    }

    Event await(Predicate<Event> wanted) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10))
                .until(() -> events.stream().anyMatch(wanted));
        return events.stream().filter(wanted).findFirst().orElseThrow();
    }

    @Override
    public void close() {
        closing = true; // perhaps before anything was read
        response.body().close();
    }
}
