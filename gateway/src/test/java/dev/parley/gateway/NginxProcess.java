package dev.parley.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A real nginx with the file of {@code docker/nginx}, in which nothing but addresses is another. */
public final class NginxProcess implements AutoCloseable {

    private static final Path OURS = Path.of("..", "docker", "nginx", "nginx.conf");
    private static final Duration START = Duration.ofSeconds(20);
    private static final DebianProgram PROGRAM = new DebianProgram("nginx", "NGINX_PATH", List.of("nginx"),
            // Who is not root may not have it on the path.
            List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/local/sbin/nginx"), Path.of("/opt/homebrew/bin/nginx")),
            List.of("nginx"));

    private final Process process;
    private final Path log;
    private final int port;

    private NginxProcess(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /**
     * Starts it, and waits until it listens.
     *
     * @param gateways such as {@code 127.0.0.1:8080}
     */
    public static NginxProcess start(List<String> gateways) throws IOException {
        Path program = PROGRAM.executable();
        int port = freePort();
        Path folder = Path.of("target", "nginx", Integer.toString(port)).toAbsolutePath();
        Path conf = Files.createDirectories(folder).resolve("nginx.conf");
        Files.copy(OURS, conf, StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(folder.resolve("listen.conf"), "listen 127.0.0.1:%d;%n".formatted(port));
        Files.writeString(folder.resolve("gateways.conf"),
                gateways.stream().map("server %s max_fails=0;%n"::formatted).collect(Collectors.joining()));
        Path log = folder.resolve("nginx.log");
        // To be appended to: nginx opens it a second time, as /dev/stdout.
        Process process = new ProcessBuilder(program.toString(), "-p", folder + "/", "-c", conf.toString(), "-g",
                "daemon off;").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "nginx-stop"));
        NginxProcess nginx = new NginxProcess(process, log, port);
        try {
            Awaitility.await().atMost(START).pollInterval(Duration.ofMillis(20)).until(nginx::listens);
        } catch (RuntimeException notReady) {
            nginx.close();
            throw new AssertionError("nginx did not start:\n" + nginx.log(), notReady);
        }
        return nginx;
    }

    private boolean listens() {
        if (!process.isAlive()) {
            throw new IllegalStateException("nginx has ended");
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    public String address() {
        return "http://localhost:" + port;
    }

    /** All that it has written so far, of requests and of itself. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    /** By SIGTERM, or its workers would go on without it. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nginx does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
