package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.NginxProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What the nginx of {@code docker/} asks the other gateway for, where one does not answer or refuses. */
@ResourceLock(Lanes.NODES)
class RequestsSentAgainIntegrationTests {

    private static final int TIMES = 10;

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger asked = new AtomicInteger();
    private final HttpServer good = server(exchange -> answer(exchange, 200));

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    @AfterEach
    void stop() {
        good.stop(0);
    }

    @Test
    void whatOneGatewayRefusesIsAskedOfTheOther() throws Exception {
        HttpServer full = server(exchange -> answer(exchange, 503));
        try (NginxProcess nginx = NginxProcess.start(List.of(address(full), address(good)))) {
            for (int i = 0; i < TIMES; i++) {
                assertThat(send(nginx, "GET")).isEqualTo(200);
            }
            assertThat(asked.get()).as("one of them is asked in vain").isGreaterThan(TIMES);
        } finally {
            full.stop(0);
        }
    }

    @Test
    void aGatewayThatIsNotThereCostsNobodyAnything() throws Exception {
        String nobody = "127.0.0.1:" + freePort();
        try (NginxProcess nginx = NginxProcess.start(List.of(nobody, address(good)))) {
            for (int i = 0; i < TIMES; i++) {
                assertThat(send(nginx, "GET")).isEqualTo(200);
                assertThat(send(nginx, "POST")).isEqualTo(200);
            }
        }
    }

    @Test
    void aPostThatWasSentIsNeverSentAgain() throws Exception {
        HttpServer full = server(exchange -> answer(exchange, 503));
        HttpServer dying = server(HttpExchange::close);
        try (NginxProcess nginx = NginxProcess.start(List.of(address(full), address(dying)))) {
            for (int i = 0; i < TIMES; i++) {
                assertThat(send(nginx, "POST")).isEqualTo(503);
            }
            assertThat(asked).as("each is asked once").hasValue(TIMES);
        } finally {
            full.stop(0);
            dying.stop(0);
        }
    }

    private HttpServer server(Handler handler) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                asked.incrementAndGet();
                exchange.getRequestBody().readAllBytes();
                handler.handle(exchange);
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private int send(NginxProcess nginx, String method) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(nginx.address() + "/"))
                .method(method, HttpRequest.BodyPublishers.ofString("{}")).build(),
                HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static String address(HttpServer server) {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
