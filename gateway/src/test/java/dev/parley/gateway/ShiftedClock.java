package dev.parley.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A process' clock that is wrong, by means of libfaketime. How time passes, which programs measure by another clock, stays as it
 * is. Not for files: they keep their times.
 */
final class ShiftedClock {

    private static final DebianProgram PROGRAM = new DebianProgram("faketime", "FAKETIME_PATH", List.of("faketime"),
            List.of(Path.of("/opt/homebrew/bin/faketime")), List.of("faketime"));
    private static final String LIBRARY = "LD_PRELOAD";

    private ShiftedClock() {}

    /**
     * What a process needs in its environment. The program would do it, too, but stay between the process and its signals.
     *
     * @param ahead of the true time; negative: behind it
     */
    static Map<String, String> environment(Duration ahead) throws IOException {
        return Map.of(LIBRARY, library(), "FAKETIME", "%+ds".formatted(ahead.toSeconds()),
                "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                // A mend for C libraries before 2.24, with which a JVM's threads would not wait at all.
                "FAKETIME_FORCE_MONOTONIC_FIX", "0",
                "NO_FAKE_STAT", "1");
    }

    private static String library() throws IOException {
        Process process = new ProcessBuilder(PROGRAM.executable().toString(), "-f", "+1s", "env").start();
        String environment = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return environment.lines().filter(line -> line.startsWith(LIBRARY + "=")).findFirst()
                .orElseThrow(() -> new IOException("faketime names no library:\n" + environment))
                .substring(LIBRARY.length() + 1);
    }

    /** Of a process that runs: what the library would leave behind if the process were killed. */
    static void tidyUp(long pid) throws IOException {
        for (String name : List.of("faketime_shm_", "sem.faketime_sem_")) {
            Files.deleteIfExists(Path.of("/dev/shm", name + pid));
        }
    }
}
