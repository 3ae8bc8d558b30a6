package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Holds a data directory for one gateway: a second one fails at once, in this process or in another. The operating
 * system drops the lock when the process ends, however it ends.
 */
final class DataLock implements AutoCloseable {

    // The operating system's lock belongs to the whole process, and closing any channel of the file drops it. So the
    // process itself must know what it holds before it opens the file.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private DataLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    static DataLock take(Path directory) throws IOException {
        Path key = directory.toRealPath();
        if (!HELD.add(key)) {
            throw taken(directory);
        }
        try {
            FileChannel channel = FileChannel.open(directory.resolve("parley.lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw taken(directory);
            }
            return new DataLock(key, channel);
        } catch (IOException | RuntimeException e) {
            HELD.remove(key);
            throw e;
        }
    }

    private static StartException taken(Path directory) {
        return new StartException("Another gateway is using the data directory " + directory
                + ": stop it first, or give this one a directory of its own (PARLEY_DATA_DIR)");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StartException("The lock of " + directory + " cannot be given back", e);
        } finally {
            HELD.remove(directory);
        }
    }
}
