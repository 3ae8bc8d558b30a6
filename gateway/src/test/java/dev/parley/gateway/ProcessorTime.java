package dev.parley.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much of a processor a process has used, with those that it has started, as the kernel counts it (Linux; else 0). */
public final class ProcessorTime {

    /** Of the kernel's clock for this, on every Linux that we run on. */
    private static final long MILLIS_OF_A_TICK = 10;

    private ProcessorTime() {}

    public static long millis(ProcessHandle process) throws IOException {
        long ticks = ticks(process.pid());
        for (ProcessHandle child : process.descendants().toList()) {
            ticks += ticks(child.pid());
        }
        return ticks * MILLIS_OF_A_TICK;
    }

    /** User and system time, with that of children that have ended. */
    private static long ticks(long pid) throws IOException {
        Path stat = Path.of("/proc", Long.toString(pid), "stat");
        if (!Files.exists(stat)) {
            return 0;
        }
        String text = Files.readString(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = 0;
        for (int i = 11; i < 15; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks;
    }
}
