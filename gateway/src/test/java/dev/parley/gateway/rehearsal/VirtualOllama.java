package dev.parley.gateway.rehearsal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** All of the double but its sockets, in a time that passes when it is told to, millisecond by millisecond. */
final class VirtualOllama {

    private final EmbeddedChannel clock = new EmbeddedChannel();
    private final List<Client> clients = new ArrayList<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final RehearsalLedger ledger = new RehearsalLedger();
    private final Runners runners;
    private final Endpoints endpoints;
    private RehearsalSettings settings;
    private long millis;

    VirtualOllama(RehearsalSettings settings) {
        this.settings = settings;
        clock.freezeTime();
        // Timers are of whole milliseconds.
        clock.advanceTimeBy(1_000_000 - clock.eventLoop().ticker().nanoTime() % 1_000_000, TimeUnit.NANOSECONDS);
        this.runners = new Runners(clock.eventLoop(), () -> this.settings, ledger);
        this.endpoints = new Endpoints(clock.eventLoop(), () -> this.settings, ledger, runners, faults,
                (request, reply) -> {
                    throw new AssertionError("no controls here");
                });
    }

    RehearsalLedger ledger() {
        return ledger;
    }

    void next(Fault fault) {
        faults.add(fault);
    }

    void change(RehearsalSettings settings) {
        this.settings = settings;
        runners.settingsHaveChanged();
        clock.runPendingTasks();
    }

    /** The whole names of the models in memory. */
    List<String> running() {
        return runners.loaded().stream().map(Runner::model).toList();
    }

    Client chat(String model, String message) {
        return chat(model, message, "");
    }

    Client chat(String model, String message, String more) {
        return post("/api/chat", "{\"model\":\"" + model + "\",\"messages\":"
                + (message.isEmpty() ? "[]" : "[{\"role\":\"user\",\"content\":\"" + message + "\"}]") + more + "}");
    }

    Client get(String path) {
        return send("GET " + path, "");
    }

    Client post(String path, String body) {
        return send("POST " + path, body);
    }

    private Client send(String what, String body) {
        var client = new Client();
        clients.add(client);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        client.channel
                .writeInbound(Unpooled.copiedBuffer(what + " HTTP/1.1\r\nContent-Length: " + bytes.length
                        + "\r\n\r\n", StandardCharsets.US_ASCII), Unpooled.wrappedBuffer(bytes));
        pass(Duration.ZERO);
        return client;
    }

    void pass(Duration time) {
        settle();
        for (long end = millis + time.toMillis(); millis < end; settle()) {
            clock.advanceTimeBy(1, TimeUnit.MILLISECONDS);
            millis++;
        }
    }

    private void settle() {
        do {
            clock.runPendingTasks();
        } while (clock.hasPendingTasks());
        clients.forEach(Client::read);
    }

    /** Who has asked for something, and when what line came. */
    final class Client {

        private final EmbeddedChannel channel = new EmbeddedChannel(new HttpRequestDecoder(),
                new Connection(endpoints));
        private final long asked = millis;
        private final StringBuilder text = new StringBuilder();
        private final List<Long> times = new ArrayList<>();
        private List<String> lines = List.of();

        private void read() {
            for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
                text.append(bytes.toString(StandardCharsets.UTF_8));
                bytes.release();
                lines = text.toString().lines().filter(line -> line.startsWith("{")).toList();
            }
            while (times.size() < lines.size()) {
                times.add(millis - asked);
            }
        }

        void leave() {
            channel.finishAndReleaseAll();
            settle();
        }

        /** All that came, with what HTTP adds to it. */
        String text() {
            return text.toString();
        }

        int status() {
            return text.isEmpty() ? 0 : Integer.parseInt(text.substring(9, 12));
        }

        /** The lines that are JSON. */
        List<String> lines() {
            return lines;
        }

        JsonNode line(int number) {
            return RehearsalJson.MAPPER.readTree(number < 0 ? lines.getLast() : lines.get(number));
        }

        /** When each line came, in milliseconds from when it was asked for. */
        List<Long> times() {
            return times;
        }

        boolean isOver() {
            return text.indexOf("0\r\n\r\n") >= 0 || text.indexOf("Content-Length") >= 0;
        }
    }
}
