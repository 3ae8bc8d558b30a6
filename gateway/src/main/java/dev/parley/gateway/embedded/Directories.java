package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Makes directories whole or not at all: something is built under a temporary name beside its final one and renamed when
 * it is complete, so a crash in the middle leaves only rubbish that the next start sweeps away.
 */
final class Directories {

    private static final String UNFINISHED = ".new-";

    private Directories() {}

    /** An empty directory for {@code target}'s content, with owner-only rights; {@link #finish} gives it its name. */
    static Path begin(Path target) throws IOException {
        Path parent = parent(target);
        Files.createDirectories(parent);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(parent,
                target.getFileName() + UNFINISHED + "*")) {
            for (Path leftover : leftovers) {
                deleteIfPossible(leftover);
            }
        }
        return Files.createTempDirectory(parent, target.getFileName() + UNFINISHED,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    static void finish(Path unfinished, Path target) throws IOException {
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(parent(target), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** For what does no harm when it stays. A process that was orphaned may still be writing there. */
    static void deleteIfPossible(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // Swept away by a later start.
        }
    }

    /** Gives everything below to a user, as only root can. */
    static void chown(Path directory, int uid, int gid) throws IOException {
        try (var paths = Files.walk(directory)) {
            paths.forEach(path -> chownOne(path, uid, gid));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void chownOne(Path path, int uid, int gid) {
        try {
            if (!Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid)) {
                Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (NoSuchFileException e) {
            // A temporary file that went away meanwhile.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new StartException("The data directory must not be " + path);
        }
        return parent;
    }
}
