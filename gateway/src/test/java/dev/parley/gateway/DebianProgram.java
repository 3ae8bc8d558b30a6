package dev.parley.gateway;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program that tests need and Maven cannot bring. As root on a Debian-like system (as CI is) Debian's packages are
 * installed where there is none; elsewhere the tests fail with one line that says what to do. The methods block.
 *
 * @param name as people call it
 * @param variable of the environment that may say where it is
 * @param commands it goes by, on the path
 * @param elsewhere where it may be beside the path
 * @param packages of Debian, the program's own first
 */
public record DebianProgram(String name, String variable, List<String> commands, List<Path> elsewhere,
        List<String> packages) {

    private static final Path APT_GET = Path.of("/usr/bin/apt-get");
    private static final Duration INSTALL_TIME = Duration.ofMinutes(10);
    /** Where there is such a program, Debian asks it before a service is started. */
    private static final Path POLICY = Path.of("/usr/sbin/policy-rc.d");

    private static final String INSTALL = """
            apt-get -o DPkg::Lock::Timeout=300 update \
            && apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends\s""";

    /** The program, which can be started. */
    public Path executable() {
        // One at a time: apt-get waits for the lock of packages, but not for that of their lists.
        synchronized (DebianProgram.class) {
            return find().orElseGet(() -> {
                install();
                return find().orElseThrow(() -> new IllegalStateException(
                        name + " was installed, and is not on the PATH: see " + installLog()));
            });
        }
    }

    private Optional<Path> find() {
        String chosen = System.getenv(variable);
        if (chosen != null && !chosen.isBlank()) {
            Path path = Path.of(chosen);
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException(
                        variable + ": " + chosen + " (expected: a program that can be run)");
            }
            return Optional.of(path);
        }
        return Stream.concat(commands.stream().flatMap(DebianProgram::onPath), elsewhere.stream())
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Stream<Path> onPath(String command) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin");
        return Arrays.stream(path.split(File.pathSeparator)).map(directory -> Path.of(directory, command));
    }

    private Path installLog() {
        return Path.of("target", packages.getFirst() + "-install.log");
    }

    private void install() {
        boolean isRoot = ProcessHandle.current().info().user().filter("root"::equals).isPresent();
        if (!isRoot || !Files.isExecutable(APT_GET)) {
            throw new IllegalStateException("These tests need %s: install it (on Debian: apt-get install %s),"
                    .formatted(name, packages.getFirst()) + " or let " + variable + " name its program");
        }
        System.out.printf("There is no %s yet: installing Debian's (see %s)%n", name, installLog().toAbsolutePath());
        try {
            Files.createDirectories(installLog().toAbsolutePath().getParent());
            runWithoutServices(INSTALL + String.join(" ", packages));
        } catch (IOException e) {
            throw new IllegalStateException(name + " could not be installed: see " + installLog(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while " + name + " was being installed", e);
        }
    }

    /** A package may start a service of its own, such as a web server at port 80, which nobody has asked for. */
    private void runWithoutServices(String commands) throws IOException, InterruptedException {
        if (Files.exists(POLICY)) {
            run(commands);
            return;
        }
        Files.writeString(POLICY, "#!/bin/sh\nexit 101\n");
        try {
            Files.setPosixFilePermissions(POLICY, PosixFilePermissions.fromString("rwxr-xr-x"));
            run(commands);
        } finally {
            Files.delete(POLICY);
        }
    }

    private void run(String commands) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", commands).redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(installLog().toFile());
        builder.environment().putAll(Map.of("DEBIAN_FRONTEND", "noninteractive"));
        Process process = builder.start();
        if (!process.waitFor(INSTALL_TIME.toSeconds(), TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new IllegalStateException("%s was not installed within %s: see %s".formatted(name, INSTALL_TIME,
                    installLog()));
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException("%s could not be installed (status %d): see %s".formatted(name,
                    process.exitValue(), installLog()));
        }
    }
}
