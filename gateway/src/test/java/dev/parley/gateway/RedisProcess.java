package dev.parley.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import redis.embedded.RedisServer;

/** A real Redis of a test's own, in a process that can be killed, started empty at the same port, and frozen. */
public final class RedisProcess implements AutoCloseable {

    private static final Path FOLDER = Path.of("target", "redis");
    private static final Duration START = Duration.ofSeconds(20);

    private final int port;
    private final List<String> arguments;
    private Process process;

    private RedisProcess(int port, List<String> arguments) {
        this.port = port;
        this.arguments = arguments;
        this.process = run();
    }

    /** @param options as in {@code redis.conf}, each in two words */
    public static RedisProcess start(String... options) {
        int port = freePort();
        List<String> arguments = new ArrayList<>(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no", "--dir", FOLDER.toAbsolutePath().toString()));
        for (String option : options) {
            String[] words = option.split(" ", 2);
            arguments.add("--" + words[0]);
            arguments.add(words[1]);
        }
        return new RedisProcess(port, arguments);
    }

    /** One that is to be a node of a cluster, and knows no other yet. */
    public static RedisProcess startForCluster() {
        int bus = freePort();
        return start("cluster-enabled yes", "cluster-port " + bus, "cluster-config-file nodes-" + bus + ".conf",
                "cluster-node-timeout 1000", "repl-diskless-sync-delay 0");
    }

    /** A Sentinel, which alone decides that the master has died, when that was silent for a second. */
    public static RedisProcess startSentinel(String name, RedisProcess master) {
        int port = freePort();
        Path settings = FOLDER.resolve("sentinel-" + port + ".conf").toAbsolutePath();
        try {
            Files.writeString(settings, """
                    port %1$d
                    bind 127.0.0.1
                    sentinel monitor %2$s 127.0.0.1 %3$d 1
                    sentinel down-after-milliseconds %2$s 1000
                    sentinel failover-timeout %2$s 5000
                    """.formatted(port, name, master.port()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RedisProcess(port, List.of(settings.toString(), "--sentinel"));
    }

    public int port() {
        return port;
    }

    /** On which other servers of its cluster reach it. */
    public String clusterPort() {
        return arguments.get(arguments.indexOf("--cluster-port") + 1);
    }

    /** As {@code PARLEY_REDIS_URL} takes it. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    public long pid() {
        return process.pid();
    }

    /** As {@code kill -9} does. */
    public void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("Redis outlives SIGKILL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts it again, at the same port and with nothing in it. */
    public void startAgain() {
        process = run();
    }

    /** It answers nothing more, and its connections stay. */
    public void freeze() {
        signal("STOP");
    }

    public void thaw() {
        signal("CONT");
    }

    /** What it says to a command in plain words, such as {@code FLUSHALL}: one line, or one text. */
    public String say(String command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            String line = line(socket.getInputStream());
            return line.startsWith("$") && !line.equals("$-1")
                    ? new String(socket.getInputStream().readNBytes(Integer.parseInt(line.substring(1))),
                            StandardCharsets.UTF_8)
                    : line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private void signal(String name) {
        try {
            int end = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
            if (end != 0) {
                throw new IllegalStateException("kill -" + name + " ended with " + end);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Process run() {
        List<String> command = new ArrayList<>(List.of(program().toString()));
        command.addAll(arguments);
        try {
            Process started = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(FOLDER.resolve("redis-" + port + ".log").toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly, "redis-stop"));
            Awaitility.await().atMost(START).pollInterval(Duration.ofMillis(20)).until(() -> listens(started));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean listens(Process started) {
        if (!started.isAlive()) {
            throw new IllegalStateException("Redis has ended, see " + FOLDER.resolve("redis-" + port + ".log"));
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Unpacked once; processes that do so at the same time each put the same there. */
    private static synchronized Path program() {
        Path program = FOLDER.resolve("redis-server").toAbsolutePath();
        String name = "/redis-server-7.0.15-" + (System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux")
                + "-"
                + (System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64") ? "arm64" : "amd64");
        try (InputStream in = RedisServer.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("there is no " + name + " in the jar of embedded-redis");
            }
            if (!Files.isExecutable(program)) {
                Files.createDirectories(FOLDER);
                Path draft = Files.createTempFile(FOLDER, "redis-server", "");
                Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.move(draft, program, StandardCopyOption.ATOMIC_MOVE);
            }
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
