package dev.parley.gateway.cluster;

import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Wire;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;

/**
 * One dialog in which people talk: a visitor with one or two tabs, who asks and says things and now and then loses a connection,
 * over whatever carriers. What it says and is told goes into the {@link History}. For one thread.
 */
final class Talk implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Random random;
    private final Visit visit;
    private final String address;
    private final History history;
    private final boolean strict;
    private final int longestPauseMillis;
    private final List<Follower> tabs = new ArrayList<>();
    private int said;

    Talk(long seed, Visit visit, String address, History history, boolean strict, int longestPauseMillis) {
        this.random = new Random(seed);
        this.visit = visit;
        this.address = address;
        this.history = history;
        this.strict = strict;
        this.longestPauseMillis = longestPauseMillis;
    }

    long dialog() {
        return visit.dialogId();
    }

    /** Waits until each tab has all messages. */
    void awaitAll(long last, Duration patience) {
        telling(() -> tabs.forEach(
                tab -> tab.judge().await("all of dialog " + dialog(), patience, judge -> judge.last() >= last)));
    }

    /** Opens the tabs. */
    void begin() {
        int count = 1 + random.nextInt(2);
        for (int i = 0; i < count; i++) {
            open("tab " + i, random.nextInt(3));
        }
    }

    /** One more tab, which wants to be told everything from the beginning. */
    void openLate() {
        open("late", random.nextInt(3));
    }

    private void open(String name, int carrier) {
        Follower tab = Follower.since(new FollowedDialog(address, "widget", dialog(), visit.token(), true, 0), 0)
                .persistent()
                .witnessedBy(event -> history.shown(dialog(), name, event));
        if (!strict) {
            tab.judge().tolerateMoreThanWasKept();
        }
        tabs.add(tab);
        tab.start(Carrier.ofClient(carrier));
    }

    /** Talks until it is enough. */
    void talk(BooleanSupplier enough) {
        telling(() -> talkOn(enough));
    }

    /** What has led to it, where something goes wrong. */
    private void telling(Runnable work) {
        try {
            work.run();
        } catch (AssertionError broken) {
            String what = String.valueOf(broken.getMessage());
            throw new AssertionError(what + history.story(dialog(), what), broken);
        }
    }

    private void talkOn(BooleanSupplier enough) {
        while (!enough.getAsBoolean()) {
            switch (random.nextInt(8)) {
                case 0 -> comeBack(tabs.get(random.nextInt(tabs.size())));
                case 1 -> say("/long " + (10 + random.nextInt(40)));
                default -> say("/say fine " + said);
            }
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(longestPauseMillis)).toNanos());
        }
    }

    private void comeBack(Follower tab) {
        tab.stop(random.nextBoolean() ? Wire.Ending.RESET : Wire.Ending.FIN);
        tab.start(Carrier.ofClient(random.nextInt(3)));
    }

    private void say(String text) {
        String id = "m" + ++said;
        Follower tab = tabs.get(random.nextInt(tabs.size()));
        history.said(dialog(), id);
        JsonNode reply = tab.sayUntilStored(id, text, PATIENCE);
        history.acked(dialog(), id, reply.path("seq").asLong(), reply.path("answer").path("request_id").asString(""));
    }

    @Override
    public void close() {
        tabs.forEach(Follower::close);
    }
}
