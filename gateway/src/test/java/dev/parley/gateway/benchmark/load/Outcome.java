package dev.parley.gateway.benchmark.load;

import java.util.List;

/**
 * What one run has shown. Everything is of the window, but what was lost, repeated and refused, which is of the whole run.
 *
 * @param failed attempts to open a connection, which were then repeated
 * @param delivered messages that came to followers that read
 * @param serverMicros processor time of the server for each of these; {@code databaseMicros} likewise
 * @param lost never came, though the run was given some seconds more
 * @param repeated came again, or after a later one
 * @param refused messages that the server did not take
 * @param closed connections that the server closed, without those that had stopped reading ({@code stuckClosed})
 * @param lateMillis how late the generator was at worst
 * @param ownPercent of one processor, taken by the generator; {@code foreignPercent} by whatever else ran
 * @param rssBefore of the server in MB, after a collection, before anybody connected
 * @param rssHeld likewise, with all connections open
 * @param rssEnd likewise, at the end of the run, with all connections that are still open
 * @param rss each second of the window, as it was
 * @param p99s of each second of the window
 */
public record Outcome(int connections, int failed, double connectSeconds, double connectServerMillis,
        double connectDatabaseMillis, long delivered, double perSecond, double p50, double p90, double p99, double p999,
        double longest, double serverMicros, double databaseMicros, long lost, long repeated, long refused, long closed,
        long stuckClosed, double lateMillis, double ownPercent, double foreignPercent, double rssBefore,
        double rssHeld, double rssEnd, List<Double> rss, List<Double> p99s) {}
