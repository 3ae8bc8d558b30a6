package dev.parley.gateway.benchmark.load;

/** A histogram of nanoseconds, each good to less than one percent. */
public final class Latencies {

    private static final int PRECISION = 7;
    private static final int SUB_BUCKETS = 1 << PRECISION;

    private final long[] counts = new long[(Long.SIZE - PRECISION + 1) * SUB_BUCKETS];
    private long count;
    private long longest;

    public void add(long nanos) {
        long value = Math.max(0, nanos);
        counts[bucket(value)]++;
        count++;
        longest = Math.max(longest, value);
    }

    /** The first bits of a value, and how many come after them. */
    private static int bucket(long value) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(value) - PRECISION - 1);
        return shift * SUB_BUCKETS + (int) (value >>> shift);
    }

    public long count() {
        return count;
    }

    /** Milliseconds; not a number where nothing was counted. */
    public double millis(double share) {
        if (count == 0) {
            return Double.NaN;
        }
        long wanted = Math.min(count - 1, (long) (share * count));
        long seen = 0;
        int bucket = -1;
        while (seen <= wanted) {
            seen += counts[++bucket];
        }
        int shift = Math.max(0, bucket / SUB_BUCKETS - 1);
        long lowest = (long) (bucket - shift * SUB_BUCKETS) << shift;
        return (lowest + (1L << shift) / 2.0) / 1e6;
    }

    public double longestMillis() {
        return longest / 1e6;
    }
}
