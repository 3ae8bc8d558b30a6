package dev.parley.gateway.access;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The secret of a gateway that was given none: made at the first start and kept for the next ones, for its owner only. */
final class SecretFile {

    private static final int BYTES = 48;

    private SecretFile() {}

    /** The secret in this file, which is made where it is missing. Two processes that make it at once get the same. */
    static String readOrCreate(Path file, RandomText random) {
        try {
            if (!Files.exists(file)) {
                create(file, random.urlSafe(BYTES));
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void create(Path file, String secret) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path draft = folder.resolve("." + file.getFileName() + "." + ProcessHandle.current().pid());
        Files.deleteIfExists(draft);
        try (SeekableByteChannel out = Files.newByteChannel(draft,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.DSYNC),
                ownerOnly())) {
            out.write(ByteBuffer.wrap((secret + "\n").getBytes(StandardCharsets.UTF_8)));
        }
        try {
            // A link appears whole and only once, unlike a file that is being written.
            Files.createLink(file, draft);
        } catch (FileAlreadyExistsException e) {
            // Another process was faster: its secret counts.
        } catch (UnsupportedOperationException e) {
            Files.move(draft, file);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                : new FileAttribute<?>[0];
    }
}
