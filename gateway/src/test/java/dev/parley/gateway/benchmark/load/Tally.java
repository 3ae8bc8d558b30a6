package dev.parley.gateway.benchmark.load;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is counted. Touched by the generator's event loop alone. */
final class Tally {

    private static final Logger log = LoggerFactory.getLogger(Tally.class);
    private static final int REASONS_TOLD = 3;

    final Latencies latencies = new Latencies();
    private List<Latencies> bySecond = List.of();
    long arrivedInWindow;
    long repeated;
    long refused;
    long closed;
    long stuckClosed;
    int open;
    int failed;
    private long windowBegin = Long.MAX_VALUE;
    private long windowEnd = Long.MAX_VALUE;

    void window(long begin, long end) {
        windowBegin = begin;
        windowEnd = end;
        bySecond = Stream.generate(Latencies::new).limit(TimeUnit.NANOSECONDS.toSeconds(end - begin)).toList();
    }

    /** For each second of the window, of the messages that were due in it. */
    List<Double> millisBySecond(double share) {
        return bySecond.stream().map(latencies -> latencies.millis(share)).toList();
    }

    /** A message of the window counts for latency whenever it comes; for the work done counts what came in the window. */
    void arrived(long due, long now) {
        if (due >= windowBegin && due < windowEnd) {
            latencies.add(now - due);
            bySecond.get((int) TimeUnit.NANOSECONDS.toSeconds(due - windowBegin)).add(now - due);
        }
        if (now >= windowBegin && now < windowEnd) {
            arrivedInWindow++;
        }
    }

    void failed(String reason) {
        if (failed++ < REASONS_TOLD) {
            log.warn("A connection could not be opened: {}", reason);
        }
    }

    void closed(String reason) {
        if (closed++ < REASONS_TOLD) {
            log.warn("An open connection ended: {}", reason);
        }
    }

    void refused(String answer) {
        if (refused++ < REASONS_TOLD) {
            log.warn("The server refused a message: {}", answer);
        }
    }
}
