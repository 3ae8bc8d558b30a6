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

    static final String NAME = "secret";

    private static final int BYTES = 48;

    private SecretFile() {}

    /** The secret in this folder, which is made where it is missing. Two processes that make it at once get the same. */
    static String readOrCreate(Path folder, RandomText random) {
        Path file = folder.resolve(NAME);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                create(file, folder.resolve("." + NAME + "." + ProcessHandle.current().pid()), random.urlSafe(BYTES));
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void create(Path file, Path draft, String secret) throws IOException {
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
                ? new FileAttribute<?>[]{
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                : new FileAttribute<?>[0];
    }
}
