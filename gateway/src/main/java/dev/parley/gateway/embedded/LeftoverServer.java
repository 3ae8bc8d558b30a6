package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server that a gateway left behind when it was killed. It is stopped before a new one starts; a process that only
 * has the number of a server long gone is never touched.
 */
final class LeftoverServer {

    private static final Logger log = LoggerFactory.getLogger(LeftoverServer.class);
    private static final Duration FAST = Duration.ofSeconds(10);
    private static final Duration IMMEDIATE = Duration.ofSeconds(5);

    private LeftoverServer() {}

    /** Stops a server of this cluster, and returns the number of a stranger if that is whom {@code postmaster.pid} names. */
    static Optional<Long> stop(Path cluster) throws IOException {
        Optional<ProcessHandle> named = PostmasterFile.read(cluster).flatMap(file -> ProcessHandle.of(file.pid()))
                .filter(ProcessHandle::isAlive);
        if (named.isEmpty()) {
            return Optional.empty();
        }
        ProcessHandle process = named.get();
        if (!serves(process, cluster)) {
            log.debug("postmaster.pid in {} is stale: process {} is not its PostgreSQL", cluster, process.pid());
            return Optional.of(process.pid());
        }
        log.info("Stopping the PostgreSQL (process {}) that an earlier gateway left behind", process.pid());
        if (!Signal.FAST_SHUTDOWN.sendAndAwait(process, FAST)
                && !Signal.IMMEDIATE_SHUTDOWN.sendAndAwait(process, IMMEDIATE)) {
            throw new StartException(
                    "The PostgreSQL that an earlier gateway left behind does not stop: end process "
                            + process.pid() + " and start again");
        }
        return Optional.empty();
    }

    private static boolean serves(ProcessHandle process, Path cluster) {
        List<String> command = command(process);
        if (command.isEmpty() || !command.getFirst().endsWith("/postgres")) {
            return false;
        }
        int option = command.indexOf("-D");
        boolean named = option >= 0 && option + 1 < command.size() && same(Path.of(command.get(option + 1)), cluster);
        // The server works in its data directory, whatever name that had when it was started.
        return named || same(Path.of("/proc/" + process.pid() + "/cwd"), cluster);
    }

    private static List<String> command(ProcessHandle process) {
        Path file = Path.of("/proc/" + process.pid() + "/cmdline");
        try {
            if (Files.exists(file)) {
                return List.of(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0"));
            }
        } catch (IOException e) {
            return List.of();
        }
        return process.info().command().map(program -> {
            List<String> arguments = process.info().arguments().map(Arrays::asList).orElse(List.of());
            return Stream.concat(Stream.of(program), arguments.stream()).toList();
        }).orElse(List.of());
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }
}
