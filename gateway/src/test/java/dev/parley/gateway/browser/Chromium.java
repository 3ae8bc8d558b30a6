package dev.parley.gateway.browser;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Finds Chrome or Chromium on this machine. As root on a Debian-like system (as CI is) it installs Debian's package where
 * there is none; elsewhere it fails with one line that says what to do. The methods block.
 */
final class Chromium {

    private static final List<String> COMMANDS = List.of("chromium", "chromium-browser", "google-chrome",
            "google-chrome-stable");
    private static final List<Path> APPLICATIONS = List.of(
            Path.of("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
            Path.of("/Applications/Chromium.app/Contents/MacOS/Chromium"));

    private static final Path APT_GET = Path.of("/usr/bin/apt-get");
    private static final Path INSTALL_LOG = Path.of("target", "chromium-install.log");
    private static final Duration INSTALL_TIME = Duration.ofMinutes(10);

    /** With fonts: a bare Debian has none for most of what people write. */
    private static final String INSTALL = """
            apt-get -o DPkg::Lock::Timeout=300 update \
            && apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
            chromium fonts-noto-core fonts-noto-color-emoji""";

    private Chromium() {}

    /** The program, which can be started. */
    static Path executable() {
        return find().orElseGet(() -> {
            install();
            return find().orElseThrow(
                    () -> new IllegalStateException(
                            "Chromium was installed, and is not on the PATH: see " + INSTALL_LOG));
        });
    }

    private static Optional<Path> find() {
        String chosen = System.getenv("CHROME_PATH");
        if (chosen != null && !chosen.isBlank()) {
            Path path = Path.of(chosen);
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException("CHROME_PATH: " + chosen + " (expected: a program that can be run)");
            }
            return Optional.of(path);
        }
        return Stream.concat(COMMANDS.stream().flatMap(Chromium::onPath), APPLICATIONS.stream())
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Stream<Path> onPath(String command) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin");
        return Arrays.stream(path.split(File.pathSeparator)).map(directory -> Path.of(directory, command));
    }

    private static void install() {
        boolean isRoot = ProcessHandle.current().info().user().filter("root"::equals).isPresent();
        if (!isRoot || !Files.isExecutable(APT_GET)) {
            throw new IllegalStateException("The browser tests need Chrome or Chromium: install one (on Debian:"
                    + " apt-get install chromium), or let CHROME_PATH name its program");
        }
        System.out.printf("There is no Chromium yet: installing Debian's, which takes a minute (see %s)%n",
                INSTALL_LOG.toAbsolutePath());
        try {
            run(INSTALL);
        } catch (IOException e) {
            throw new IllegalStateException("Chromium could not be installed: see " + INSTALL_LOG, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while Chromium was being installed", e);
        }
    }

    private static void run(String commands) throws IOException, InterruptedException {
        Files.createDirectories(INSTALL_LOG.toAbsolutePath().getParent());
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", commands).redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(INSTALL_LOG.toFile());
        builder.environment().putAll(Map.of("DEBIAN_FRONTEND", "noninteractive"));
        Process process = builder.start();
        if (!process.waitFor(INSTALL_TIME.toSeconds(), TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new IllegalStateException("Chromium was not installed within %s: see %s".formatted(INSTALL_TIME,
                    INSTALL_LOG));
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException("Chromium could not be installed (status %d): see %s".formatted(
                    process.exitValue(), INSTALL_LOG));
        }
    }
}
