package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's data directory. It is made under a temporary name with all that is in it, and renamed when it is complete.
 * Nobody can log in but the gateway's own role, over TCP, with a password that is generated here and kept inside.
 */
record PostgresCluster(Path directory) {

    static final String ROLE = "parley";
    static final String DATABASE = "parley";

    private static final Logger log = LoggerFactory.getLogger(PostgresCluster.class);
    private static final String PASSWORD = "parley.password";

    static PostgresCluster open(Path directory, PostgresBinaries binaries, ServerUser user) throws IOException {
        if (!Files.isDirectory(directory)) {
            log.info("Setting up PostgreSQL's data in {} (only once)", directory);
            Path unfinished = Directories.begin(directory);
            initialise(unfinished, binaries, user);
            Directories.finish(unfinished, directory);
        }
        user.own(directory);
        return new PostgresCluster(directory);
    }

    String password() throws IOException {
        Path file = directory.resolve(PASSWORD);
        if (!Files.exists(file)) {
            throw new StartException("The password of the embedded PostgreSQL is missing: bring " + file
                    + " back from a backup");
        }
        return Files.readString(file).strip();
    }

    private static void initialise(Path directory, PostgresBinaries binaries, ServerUser user) throws IOException {
        user.own(directory);
        run(user,
                List.of(binaries.program("initdb"), "-D", directory.toString(), "--username=postgres", "--auth=reject",
                        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                        "--data-checksums",
                        "--no-instructions"),
                "");
        String password = HexFormat.of().formatHex(random());
        run(user, List.of(binaries.program("postgres"), "--single", "-D", directory.toString(), "postgres"), """
                create role %1$s login createdb password '%3$s'
                create database %2$s owner %1$s
                """.formatted(ROLE, DATABASE, password));
        write(directory.resolve("pg_hba.conf"), "host all " + ROLE + " 127.0.0.1/32 scram-sha-256\n");
        write(directory.resolve(PASSWORD), password + "\n");
        user.own(directory);
    }

    private static byte[] random() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    private static void write(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private static void run(ServerUser user, List<String> command, String input) throws IOException {
        Command.Outcome outcome = Command.run(user.command(command), input);
        outcome.output().lines().forEach(log::debug);
        if (!outcome.succeeded() || outcome.output().contains("ERROR:")) {
            outcome.output().lines().forEach(log::error);
            throw new StartException("PostgreSQL's data cannot be set up: "
                    + outcome.output().lines().filter(line -> line.contains("rror:")).findFirst()
                            .orElse("see the log"));
        }
    }
}
