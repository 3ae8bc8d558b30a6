package dev.parley.gateway.client;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One unbroken stretch of following a dialog over one carrier. */
sealed interface Link extends AutoCloseable {

    JsonMapper JSON = JsonMapper.shared();

    /** What came in one piece, and where its reader has come to by it; the cursor is empty where that has not changed. */
    record Piece(List<JsonNode> events, String cursor) {}

    /** The next piece, when it comes; an exception where the link ends. */
    Piece next() throws IOException;

    /** Ends it now; {@link #next} of another thread gets an exception. */
    void end(Wire.Ending how);

    @Override
    default void close() {
        end(Wire.Ending.RESET);
    }

    /** One frame at a time. */
    final class OfWebSocket implements Link {

        private final RawWebSocket socket;

        OfWebSocket(FollowedDialog dialog, String cursor) throws IOException {
            this.socket = RawWebSocket.open(dialog.connect(), dialog.path("ws", cursor), dialog.token());
        }

        void send(Map<String, ?> frame) throws IOException {
            socket.text(JSON.writeValueAsString(frame));
        }

        @Override
        public Piece next() throws IOException {
            JsonNode event = JSON.readTree(socket.nextText());
            return new Piece(List.of(event), Judge.isDurable(event) ? event.path("seq").asString() : "");
        }

        @Override
        public void end(Wire.Ending how) {
            socket.end(how);
        }
    }

    /** One event of a stream at a time. */
    final class OfEvents implements Link {

        private final Wire wire;
        private final StringBuilder unread = new StringBuilder();

        OfEvents(FollowedDialog dialog, String cursor) throws IOException {
            this.wire = dialog.connect();
            // What an EventSource does by itself when it comes back; the address it was opened with says something else.
            Map<String, String> headers = cursor.isEmpty()
                    ? Map.of("Authorization", "Bearer " + dialog.token())
                    : Map.of("Authorization", "Bearer " + dialog.token(), "Last-Event-ID", cursor);
            wire.request("GET", dialog.path("sse", cursor.isEmpty() ? "" : "0"), headers);
            Wire.Head head = wire.head();
            if (head.status() != 200) {
                throw new RefusedException(head.status(), wire.body(head));
            }
        }

        @Override
        public Piece next() throws IOException {
            while (true) {
                String block = block();
                String id = field(block, "id");
                String data = field(block, "data");
                if (!data.isEmpty()) {
                    JsonNode event = JSON.readTree(data);
                    if (!event.path("type").asString().equals(field(block, "event"))) {
                        throw new AssertionError("an event of another type than it says: " + block);
                    }
                    return new Piece(List.of(event), id);
                }
            }
        }

        private String block() throws IOException {
            int end = unread.indexOf("\n\n");
            while (end < 0) {
                byte[] chunk = wire.chunk();
                if (chunk.length == 0) {
                    throw new EOFException("the stream has ended");
                }
                // One char for each byte: the end of a chunk may cut a character.
                unread.append(new String(chunk, StandardCharsets.ISO_8859_1));
                end = unread.indexOf("\n\n");
            }
            String block = unread.substring(0, end);
            unread.delete(0, end + 2);
            return new String(block.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }

        private static String field(String block, String name) {
            return block.lines()
                    .filter(line -> line.startsWith(name + ": "))
                    .findFirst()
                    .map(line -> line.substring(name.length() + 2))
                    .orElse("");
        }

        @Override
        public void end(Wire.Ending how) {
            wire.end(how);
        }
    }

    /** One response at a time, over a connection that is kept. */
    final class OfPolls implements Link {

        private final FollowedDialog dialog;
        private final Wire wire;
        private String cursor;

        OfPolls(FollowedDialog dialog, String cursor) throws IOException {
            this.dialog = dialog;
            this.wire = dialog.connect();
            this.cursor = cursor;
        }

        @Override
        public Piece next() throws IOException {
            ask();
            Wire.Head head = wire.head();
            String body = wire.body(head);
            if (head.status() != 200) {
                throw new RefusedException(head.status(), body);
            }
            JsonNode news = JSON.readTree(body);
            List<JsonNode> events = new ArrayList<>();
            news.path("events").forEach(events::add);
            cursor = news.path("cursor").asString();
            return new Piece(events, cursor);
        }

        /** Sends a poll, whose response may be left to itself. */
        void ask() throws IOException {
            wire.request("GET", dialog.path("poll", cursor) + "&wait=20",
                    Map.of("Authorization", "Bearer " + dialog.token()));
        }

        @Override
        public void end(Wire.Ending how) {
            wire.end(how);
        }
    }
}
