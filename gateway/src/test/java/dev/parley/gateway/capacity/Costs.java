package dev.parley.gateway.capacity;

/**
 * What was measured, in microseconds of one processor at 2.5 GHz, and bytes; docker/CAPACITY.md says how, and between which
 * bounds. Each is set by {@code -Dname=number}.
 *
 * @param opening of the gateway for each connection that is opened, once its code is compiled
 * @param held likewise for each connection and second
 * @param message likewise for one that is stored and delivered to its first two followers
 * @param delivery to each follower more
 * @param token of an answer, read from the model and delivered
 * @param connectionBytes of the gateway's memory, with the dialog's room
 * @param openingOfPostgres of PostgreSQL
 * @param batch of PostgreSQL for each commit, and {@code row} for each message in it
 * @param receipt of PostgreSQL for each row of marks
 * @param compared of PostgreSQL for each dialog whose newest number is looked up
 * @param openingOfRedis of Redis
 * @param kept of Redis for each message, and {@code told} for each thing that is published beyond it
 * @param bucket of Redis for each token of a limit
 * @param slots of Redis for each question about slots, and {@code slotsOfNode} more for each node
 * @param recentBytes of Redis for each message that is remembered
 * @param walOfMessage bytes; {@code walAfterCheckpoint} likewise where each page is touched for the first time
 * @param walOfReceipt bytes
 * @param storedBytes of a message on the disk, with its indexes and its share of answers
 */
record Costs(double opening, double held, double message, double delivery, double token, double connectionBytes,
        double openingOfPostgres, double batch, double row, double receipt, double compared, double openingOfRedis,
        double kept, double told, double bucket, double slots, double slotsOfNode, double recentBytes,
        double walOfMessage, double walAfterCheckpoint, double walOfReceipt, double storedBytes) {

    static Costs given() {
        return new Costs(Given.number("opening", 1_800), Given.number("held", 13), Given.number("message", 220),
                Given.number("delivery", 30), Given.number("token", 33), Given.number("connectionBytes", 18_000),
                Given.number("openingOfPostgres", 330), Given.number("batch", 600), Given.number("row", 70),
                Given.number("receipt", 20), Given.number("compared", 3.5), Given.number("openingOfRedis", 100),
                Given.number("kept", 14), Given.number("told", 2), Given.number("bucket", 9), Given.number("slots", 20),
                Given.number("slotsOfNode", 5), Given.number("recentBytes", 1_060),
                Given.number("walOfMessage", 5_400), Given.number("walAfterCheckpoint", 25_000),
                Given.number("walOfReceipt", 335), Given.number("storedBytes", 1_190));
    }
}
