package dev.parley.gateway.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Data directories for tests that start PostgreSQL. Unpacking and setting up are done once for all of them; each gets a
 * copy, so that tests do not share what they break. They are below the system's directory for temporary files, where
 * every user can reach them.
 */
final class DataDirectories implements AutoCloseable {

    private final Path root;

    private DataDirectories(Path root) {
        this.root = root;
    }

    static DataDirectories create() throws IOException {
        Path root = Files.createTempDirectory("parley-test-");
        shell("chmod 711 \"$0\"", root);
        return new DataDirectories(root);
    }

    /** With PostgreSQL unpacked, and nothing else. */
    Path unpacked(String name) throws IOException {
        PostgresBinaries.unpack(root.resolve("pgbin"));
        Path directory = Files.createDirectory(root.resolve(name));
        Files.createSymbolicLink(directory.resolve("pgbin"), root.resolve("pgbin"));
        return directory;
    }

    /** As a gateway leaves it that has run once and was stopped. */
    Path used(String name) throws IOException {
        Path template = root.resolve("template");
        if (!Files.exists(template)) {
            EmbeddedPostgres.start(unpacked("template")).close();
        }
        Path directory = unpacked(name);
        shell("cp -a \"$0\" \"$1\"", template.resolve("pg18"), directory);
        return directory;
    }

    @Override
    public void close() {
        Directories.deleteIfPossible(root);
    }

    static void shell(String script, Path... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of("sh", "-c", script));
        for (Path argument : arguments) {
            command.add(argument.toString());
        }
        Command.Outcome outcome = Command.run(command);
        if (!outcome.succeeded()) {
            throw new IOException(outcome.output());
        }
    }
}
