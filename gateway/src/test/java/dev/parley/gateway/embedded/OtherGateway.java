package dev.parley.gateway.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A process of its own that holds a data directory, as another gateway does, until it is killed. */
final class OtherGateway implements AutoCloseable {

    private static final String READY = "ready ";

    private final Process process;
    private final ProcessHandle postgres;

    private OtherGateway(Process process, ProcessHandle postgres) {
        this.process = process;
        this.postgres = postgres;
    }

    static OtherGateway start(Path dataDirectory) throws IOException {
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), OtherGateway.class.getName(),
                dataDirectory.toString()).redirectErrorStream(true).start();
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            said.append(line).append('\n');
            if (line.startsWith(READY)) {
                long pid = Long.parseLong(line.substring(READY.length()));
                return new OtherGateway(process, ProcessHandle.of(pid).orElseThrow());
            }
        }
        throw new IOException("The other gateway did not start: " + said);
    }

    /** Its PostgreSQL, which outlives it when it is killed. */
    ProcessHandle postgres() {
        return postgres;
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void killPostgres() {
        postgres.destroyForcibly();
        postgres.onExit().join();
    }

    @Override
    public void close() {
        kill();
        killPostgres();
    }

    public static void main(String[] arguments) throws InterruptedException {
        EmbeddedPostgres postgres = EmbeddedPostgres.start(Path.of(arguments[0]));
        System.out.println(READY + postgres.process().pid());
        Thread.sleep(60_000);
    }
}
