package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.load.Plan.Carrier;
import dev.parley.gateway.benchmark.load.Plan.Production;
import java.util.Locale;

/**
 * What is measured. Live frames are not stored: in the gateway they are the words of answers (see {@code LiveFrames}), in the
 * yardsticks all that there is. Durable messages are stored before they are delivered: in the gateway they are what visitors
 * write over the WebSockets by which they follow their dialogs, and operators follow as well; in the yardsticks, too, the first
 * follower of each dialog writes, and nothing is stored.
 */
enum Scenario {

    /** What does a connection cost that is only held? A cold start: the first connections find nothing compiled. */
    IDLE("10,000 WebSockets held, 2 a dialog", Carrier.WEB_SOCKET, Production.NONE, false, 5_000, 2, 0, 0, 0),

    /** Many small dialogs. Each frame is a wake-up and a write of its own. */
    LIVE_MANY("live frames: 5,000 dialogs, 2 followers each, 2,000 messages of 100 bytes a second", Carrier.WEB_SOCKET,
            Production.CLIENTS, false, 5_000, 2, 0, 2_000, 100),

    /** A few dialogs with many followers. Here it pays to encode once. */
    LIVE_FANOUT("live frames: 200 dialogs, 50 followers each, 100 messages of 100 bytes a second", Carrier.WEB_SOCKET,
            Production.CLIENTS, false, 200, 50, 0, 100, 100),

    /** 500 answers at once, 40 words a second each. */
    TOKENS("live frames: 500 dialogs, 1 follower each, 40 messages of 23 bytes a second each, produced inside",
            Carrier.WEB_SOCKET, Production.INSIDE, false, 500, 1, 0, 20_000, 23),

    SSE("live frames over server-sent events: 2,500 dialogs, 2 followers each, 2,000 messages of 100 bytes a second",
            Carrier.SSE, Production.CLIENTS, false, 2_500, 2, 0, 2_000, 100),

    /** The gateway lets 50 ms pass after the first word of an answer, so that words come in handfuls. */
    POLL("live frames over long polls: 2,500 dialogs, 2 followers each, 1,000 messages of 100 bytes a second",
            Carrier.POLL, Production.CLIENTS, false, 2_500, 2, 0, 1_000, 100),

    /** What {@link #STUCK} is compared with. */
    NOBODY_STUCK("durable messages: 10 dialogs, 10 followers each, of whom one writes, 1,200 messages of 4 KB a second",
            Carrier.WEB_SOCKET,
            Production.CLIENTS, true, 10, 10, 0, 1_200, 4_096),

    /** As many as follow already come when the window begins, and read nothing. What do they cost, and what do the others feel? */
    STUCK("durable messages: 10 dialogs, 10 followers each that read, of whom one writes, and 10 that do not, "
            + "1,200 messages of 4 KB a second",
            Carrier.WEB_SOCKET, Production.CLIENTS, true, 10, 10, 10, 1_200, 4_096),

    /** As {@link #LIVE_MANY}, but each message is stored first, and has to be let in from one of 5,000 connections. */
    DURABLE("durable messages: 5,000 dialogs, 2 followers each, of whom one writes, 2,000 messages of 100 bytes a second",
            Carrier.WEB_SOCKET, Production.CLIENTS, true, 5_000, 2, 0, 2_000, 100);

    private static final int SHORTEST_LOOK_AT_STUCK = 20;

    final String title;
    final Carrier carrier;
    final Production production;
    final boolean durable;
    final int dialogs;
    final int followers;
    final int stuck;
    final double rate;
    final int size;

    Scenario(String title, Carrier carrier, Production production, boolean durable, int dialogs, int followers,
            int stuck,
            double rate, int size) {
        this.title = title;
        this.carrier = carrier;
        this.production = production;
        this.durable = durable;
        this.dialogs = dialogs;
        this.followers = followers;
        this.stuck = stuck;
        this.rate = rate;
        this.size = size;
    }

    /** As it is named on the command line. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Scenario of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    boolean isAboutStuckReaders() {
        return this == STUCK || this == NOBODY_STUCK;
    }

    /** Whether memory grows without end shows only after a while. */
    int seconds(int wanted) {
        return isAboutStuckReaders() ? Math.max(SHORTEST_LOOK_AT_STUCK, wanted) : wanted;
    }
}
