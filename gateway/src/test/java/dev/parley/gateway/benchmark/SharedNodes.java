package dev.parley.gateway.benchmark;

import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.benchmark.server.GatewayServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Starts gateways that share a database and a Redis, and fills them with dialogs. */
record SharedNodes(Path folder, TestDatabase database, RedisProcess redis) {

    /** In each dialog. */
    static final int MESSAGES = 3;

    /** Of one visitor. */
    record Dialogs(List<Long> ids, String token) {}

    ServerProcess start(String name) throws Exception {
        int port = ServerProcess.freePort();
        return ServerProcess.java(GatewayServer.class, port, List.of(),
                Map.of("SERVER_PORT", Integer.toString(port), "SPRING_PROFILES_ACTIVE", "load", "PARLEY_DATA_DIR",
                        Files.createDirectories(folder.resolve(name)).toString(), "PARLEY_DATABASE_URL",
                        database.url(), "PARLEY_REDIS_URL", redis.url(), "PARLEY_SECRET",
                        "the secret of gateways under test", "PARLEY_ADMIN_PASSWORD", "a password for benchmarks"));
    }

    static String address(ServerProcess node) {
        return "http://127.0.0.1:" + node.port();
    }

    /** So many new ones, in the hands of an operator, with a few messages each. */
    Dialogs dialogs(ServerProcess node, HttpClient http, int count) throws IOException, InterruptedException {
        JsonNode opened = JsonMapper.shared().readTree(http
                .send(HttpRequest.newBuilder(URI.create(address(node) + "/api/widget/dialogs"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"assistant_id\":1}"))
                        .build(), HttpResponse.BodyHandlers.ofString())
                .body());
        long like = opened.path("dialog_id").asLong();
        database.execute("""
                insert into dialogs (assistant_id, visitor_id, mode, assignee_id, last_seq)
                select assistant_id, visitor_id, 'human', (select min(id) from users), %d
                from dialogs, generate_series(1, %d) where id = %d""".formatted(MESSAGES, count, like));
        database.execute(
                """
                        insert into messages (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text, turn, created_at)
                        select d.id, s, 'manager', '1', 'Anna', 'm' || s, repeat('x', 100), 0, now()
                        from dialogs d, generate_series(1, %d) s where d.id > %d"""
                        .formatted(MESSAGES, like));
        database.execute("vacuum analyze");
        return new Dialogs(LongStream.rangeClosed(like + 1, like + count).boxed().toList(),
                opened.path("visitor_token").asString());
    }
}
