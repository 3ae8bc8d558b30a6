package dev.parley.gateway.benchmark.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of processor time and memory ({@code /proc}). */
final class Processors {

    private static final double TICKS = 100; // USER_HZ, the same on every Linux that we run on

    private final long server;
    private final long database;

    Processors(long server, long database) {
        this.server = server;
        this.database = database;
    }

    /** Seconds of processor time so far. */
    record Used(double server, double database, double own, double all) {

        Used since(Used before) {
            return new Used(server - before.server, database - before.database, own - before.own, all - before.all);
        }

        /** By whatever has nothing to do with the benchmark. */
        double foreign() {
            return Math.max(0, all - server - database - own);
        }
    }

    Used used() throws IOException {
        return new Used(ofTree(server), ofTree(database), ofTree(ProcessHandle.current().pid()), ofAll());
    }

    /** With all children, those that have ended as well: PostgreSQL has one for each connection. */
    private static double ofTree(long root) throws IOException {
        if (root == 0) {
            return 0;
        }
        List<ProcessHandle> tree = ProcessHandle.of(root)
                .map(process -> Stream.concat(Stream.of(process), process.descendants()).toList())
                .orElse(List.of());
        long ticks = 0;
        for (ProcessHandle process : tree) {
            ticks += ticks(process.pid());
        }
        return ticks / TICKS;
    }

    private static long ticks(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Arrays.stream(fields, 11, 15).mapToLong(Long::parseLong).sum();
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    private static double ofAll() throws IOException {
        String cpu;
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            cpu = lines.findFirst().orElseThrow();
        }
        long[] fields = Arrays.stream(cpu.split(" +", -1)).skip(1).mapToLong(Long::parseLong).toArray();
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / TICKS;
    }

    /** Resident memory of the server alone, in MB. */
    double rss() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(server), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        }
    }
}
