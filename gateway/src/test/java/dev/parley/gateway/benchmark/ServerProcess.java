package dev.parley.gateway.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process of a server under test, with a log of its own. */
final class ServerProcess implements AutoCloseable {

    static final Path LOGS = Path.of("target", "benchmark");
    private static final String BIN = Path.of(System.getProperty("java.home"), "bin").toString();
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration STOP = Duration.ofSeconds(20);

    /** The same for all servers that run in a JVM, those of the gateway's start; {@code -DserverFlags=} adds some. */
    private static final List<String> FLAGS = List.of("-Xms64m", "-Xmx1g", "-XX:+UseG1GC", "-XX:MinHeapFreeRatio=70",
            "-XX:MaxHeapFreeRatio=80", "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private final Process process;
    private final int port;

    private final Thread stopOnExit;

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
        this.stopOnExit = new Thread(process::destroyForcibly, "benchmark-server-stop");
        Runtime.getRuntime().addShutdownHook(stopOnExit);
    }

    static ServerProcess java(Class<?> main, int port, List<String> arguments, Map<String, String> environment)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(BIN + "/java"));
        command.addAll(FLAGS);
        command.addAll(
                Stream.of(System.getProperty("serverFlags", "").split(" ", -1)).filter(flag -> !flag.isEmpty())
                        .toList());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return start(main.getSimpleName(), command, port, environment);
    }

    static ServerProcess start(String name, List<String> command, int port, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path log = Files.createDirectories(LOGS).resolve(name + "-" + port + ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        ServerProcess server = new ServerProcess(builder.start(), port);
        long end = System.nanoTime() + START.toNanos();
        while (!server.listens()) {
            if (!server.process.isAlive() || System.nanoTime() > end) {
                server.close();
                throw new IllegalStateException(name + " does not start:\n" + Files.readString(log));
            }
            Thread.sleep(Duration.ofMillis(50));
        }
        return server;
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    long pid() {
        return process.pid();
    }

    int port() {
        return port;
    }

    List<String> collectGarbage() {
        return List.of(BIN + "/jcmd", Long.toString(pid()), "GC.run");
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(stopOnExit);
    }
}
