package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Connections that browsers and proxies keep. Reactor Netty before 1.3.8 could stop reading one for good after a request that
 * came while the one before it was being answered
 * (<a href="https://github.com/reactor/reactor-netty/issues/4361">reactor-netty 4361</a>).
 */
class KeptConnectionsIntegrationTests extends RunningGateway {

    private static final String LOGIN = "{\"username\":\"admin\",\"password\":\"" + PASSWORD + "\"}";
    private static final String SLOW = "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: " + LOGIN.length() + "\r\n\r\n" + LOGIN;
    private static final String FAST = "GET /pages/elements.js HTTP/1.1\r\nHost: localhost\r\n\r\n";

    @RepeatedTest(3)
    void aKeptConnectionGoesOnAfterARequestThatDidNotWaitForTheAnswerBefore() throws IOException {
        URI gateway = URI.create(address());
        try (Socket socket = new Socket(gateway.getHost(), gateway.getPort())) {
            socket.setSoTimeout(Math.toIntExact(TIMEOUT.toMillis()));
            for (int round = 0; round < 5; round++) {
                send(socket, SLOW + FAST);
                assertThat(response(socket)).contains("\"token\"");
                assertThat(response(socket)).contains("export function");
                send(socket, FAST);
                assertThat(response(socket)).contains("export function");
            }
        }
    }

    private static void send(Socket socket, String requests) throws IOException {
        socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
    }

    /** Head and body of the next response. */
    private static String response(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the connection ended after: " + head);
            }
            head.append((char) next);
        }
        String length = head.toString()
                .toLowerCase(Locale.ROOT)
                .lines()
                .filter(line -> line.startsWith("content-length:"))
                .findFirst()
                .orElseThrow(() -> new IOException("no length in " + head));
        return head + new String(in.readNBytes(Integer.parseInt(length.substring(15).trim())), StandardCharsets.UTF_8);
    }
}
