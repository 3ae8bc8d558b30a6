package dev.parley.gateway.capacity;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** How much of everything so many connections need, by what people do and what it costs. Nothing but multiplication. */
record Sizing(int connections, Rates rates, Costs costs) {

    /** Cores of a node that are meant for it, and how much of them may be busy: half, so that others can do its work. */
    private static final int CORES = 8;
    private static final double BUSY = 0.5;
    /** Words of an answer go out together within 40 ms. */
    private static final double DELTA_WINDOW = 0.04;
    private static final double BEAT = 20;
    private static final double COMPARED_EVERY = 30;
    private static final double COMPARED_EVERY_IN_NEED = 2;
    private static final double POOL = 20;
    private static final double GATHERINGS_PER_SECOND = 400;
    private static final double MILLION = 1e6;
    private static final double GIGA = 1e9;
    /** Slots are asked for when an answer comes, and when it ends. */
    private static final int QUESTIONS_ABOUT_SLOTS = 2;
    /** A message of people takes one of the user's and one of the address's. */
    private static final int BUCKETS = 2;

    record Row(String name, Function<Sizing, String> value) {}

    static final List<Row> ROWS = List.of(
            new Row("messages of people, a second", s -> number(s.fromPeople())),
            new Row("answers, a second", s -> number(s.answers())),
            new Row("connections opened, a second", s -> number(s.openings())),
            new Row("gateway: cores busy", s -> number(s.gatewayCores())),
            new Row("of these: opening connections", s -> number(s.openings() * s.costs.opening() / MILLION)),
            new Row("holding them", s -> number(s.connections * s.costs.held() / MILLION)),
            new Row("messages", s -> number(s.messageCores())),
            new Row("words of answers", s -> number(s.answers() * s.rates.tokens() * s.costs.token() / MILLION)),
            new Row("nodes of 8 cores", s -> whole(s.nodes())),
            new Row("connections of a node", s -> number((double) s.connections / s.nodes())),
            new Row("clients a free core, where a node dies", s -> number(s.stormPerCore())),
            new Row("memory of a node for them, GB", s -> number(s.nodeGigabytes())),
            new Row("slots for answers", s -> whole(s.slots())),
            new Row("PostgreSQL: cores busy", s -> number(s.postgresCores())),
            new Row("the same, while a node is away from Redis or has just died", s -> number(s.postgresCoresInNeed())),
            new Row("write-ahead log, MB a second, later and after a checkpoint",
                    s -> number(s.wal(s.costs.walOfMessage())) + " to " + number(s.wal(s.costs.walAfterCheckpoint()))),
            new Row("rows of messages a day, millions", s -> number(s.storedADay() / MILLION)),
            new Row("GB a day, with indexes", s -> number(s.storedADay() * s.costs.storedBytes() / GIGA)),
            new Row("TB kept", s -> number(s.storedADay() * s.rates.daysKept() * s.costs.storedBytes() / GIGA / 1e3)),
            new Row("connections to PostgreSQL at most", s -> whole(s.nodes() * POOL)),
            new Row("one Redis: part of its core, %", s -> number(100 * s.redisCore())),
            new Row("published a second", s -> number(s.publishedBySingle())),
            new Row("Redis Cluster: published a second, on each server", s -> number(s.publishedByCluster())),
            new Row("the same, part of each core, %",
                    s -> number(s.publishedByCluster() * s.costs.told() / MILLION * 100)),
            new Row("memory of Redis, GB", s -> number(s.redisGigabytes())));

    double fromPeople() {
        return connections * rates.messages() / 3600;
    }

    double answers() {
        return fromPeople() * rates.answered() / 100;
    }

    double stored() {
        return fromPeople() + answers();
    }

    double openings() {
        return connections / (rates.life() * 60);
    }

    private double messageCores() {
        return stored() * (costs.message() + (rates.followers() - 2) * costs.delivery()) / MILLION;
    }

    double gatewayCores() {
        return openings() * costs.opening() / MILLION + connections * costs.held() / MILLION + messageCores()
                + answers() * rates.tokens() * costs.token() / MILLION;
    }

    /** One more than is needed, so that one may die or be exchanged. */
    double nodes() {
        return Math.max(Math.ceil(gatewayCores() / (CORES * BUSY)), Math.ceil(connections / rates.perNode())) + 1;
    }

    /** Of a node that has died, on the cores that are free on the others. */
    double stormPerCore() {
        double free = (nodes() - 1) * CORES - gatewayCores();
        return connections / nodes() / free;
    }

    double nodeGigabytes() {
        return connections / (nodes() - 1) * costs.connectionBytes() / GIGA;
    }

    int slots() {
        return ErlangC.serversFor(answers() * rates.answerLength());
    }

    /** Each node begins a batch each 2.5 ms at most, and has one message in it at least. */
    double commits() {
        return Math.min(stored(), nodes() * GATHERINGS_PER_SECOND);
    }

    double postgresCores() {
        return (commits() * costs.batch() + stored() * costs.row() + openings() * costs.openingOfPostgres()
                + stored() * rates.receipts() * costs.receipt()
                + connections / COMPARED_EVERY * costs.compared()) / MILLION;
    }

    double postgresCoresInNeed() {
        return postgresCores() + connections / COMPARED_EVERY_IN_NEED * costs.compared() / MILLION;
    }

    double wal(double ofMessage) {
        return stored() * (ofMessage + rates.receipts() * costs.walOfReceipt()) / MILLION;
    }

    double storedADay() {
        return stored() * 3600 * rates.hoursADay();
    }

    /** Each node begins with the first word, and sends what has come 40 ms later. */
    private double frames() {
        double apart = 1 / rates.tokensPerSecond();
        double tokensTogether = Math.max(1, Math.ceil(DELTA_WINDOW / apart));
        return rates.tokens() / tokensTogether;
    }

    /** What only one node hears is not told. */
    double publishedBySingle() {
        return (stored() + answers() * frames() + connections / BEAT) * rates.elsewhere() / 100 + openings();
    }

    /** Nobody knows who hears, so everything is told, and each server of the cluster tells all others. */
    double publishedByCluster() {
        return stored() + answers() * frames() + connections / BEAT + openings();
    }

    double redisCore() {
        return (stored() * costs.kept() + publishedBySingle() * costs.told() + fromPeople() * BUCKETS * costs.bucket()
                + openings() * costs.openingOfRedis()
                + answers() * QUESTIONS_ABOUT_SLOTS * (costs.slots() + nodes() * costs.slotsOfNode())) / MILLION;
    }

    /** What was said within an hour. */
    double redisGigabytes() {
        return stored() * 3600 * costs.recentBytes() / GIGA;
    }

    String cell(Row row) {
        return row.value().apply(this);
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
