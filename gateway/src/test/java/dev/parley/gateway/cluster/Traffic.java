package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;

/**
 * People who talk in several dialogs while something goes wrong, and an operator who takes some of them over; what they do is
 * drawn by a seed. At the end everybody has to be whole again, and the {@link History} is judged.
 */
final class Traffic implements AutoCloseable {

    private static final Duration WHOLE_AGAIN = Duration.ofSeconds(60);

    private static final int LONGEST_PAUSE_MILLIS = 400;

    private final History history = new History();
    private final List<Talk> talks = new ArrayList<>();
    private final List<CompletableFuture<Void>> people = new ArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final TestDatabase database;
    private volatile boolean enough;

    private Traffic(TestDatabase database) {
        this.database = database;
    }

    /** Who takes over. */
    record Operator(long id, String token) {}

    /**
     * Lets people talk in each of these dialogs, and the operator take over every second one.
     *
     * @param address of a balancer, which brings each connection to another node
     * @param strict whether what was seen of an answer that is cut off is what was kept: where nodes can reach each other
     */
    static Traffic start(long seed, String address, List<Visit> visits, Operator operator, TestDatabase database,
            boolean strict) {
        return start(seed, address, visits, operator, database, strict, LONGEST_PAUSE_MILLIS);
    }

    /** As {@link #start(long, String, List, Operator, TestDatabase, boolean)}, of people who talk faster. */
    static Traffic start(long seed, String address, List<Visit> visits, Operator operator, TestDatabase database,
            boolean strict, int longestPauseMillis) {
        Traffic traffic = new Traffic(database);
        for (int i = 0; i < visits.size(); i++) {
            traffic.talks.add(new Talk(seed + i, visits.get(i), address, traffic.history, strict, longestPauseMillis));
        }
        Desk desk = new Desk(address, operator.id(), operator.token(), traffic.history);
        traffic.talks.forEach(Talk::begin);
        traffic.talks.forEach(talk -> traffic.run(() -> talk.talk(() -> traffic.enough)));
        List<Long> taken = traffic.talks.stream().map(Talk::dialog).filter(id -> id % 2 == 0).toList();
        traffic.run(() -> desk.work(taken, new Random(seed), () -> traffic.enough));
        return traffic;
    }

    private void run(Runnable person) {
        people.add(CompletableFuture.runAsync(person, threads));
    }

    /** Waits until so many more messages were acknowledged. */
    void flow(int messages) {
        int before = history.acknowledged();
        Awaitility.await().atMost(WHOLE_AGAIN).until(() -> {
            people.stream().filter(CompletableFuture::isCompletedExceptionally).forEach(CompletableFuture::join);
            return history.acknowledged() >= before + messages;
        });
    }

    /** Lets everybody finish, and holds all that has happened against what was promised. */
    void stopAndJudge() {
        enough = true;
        CompletableFuture.allOf(people.toArray(CompletableFuture[]::new)).join();
        talks.forEach(Talk::openLate);
        Awaitility.await().atMost(WHOLE_AGAIN).until(
                () -> Truth.of(database).answers().stream().noneMatch(Truth.Answer::isOpen));
        Truth truth = Truth.of(database);
        for (Talk talk : talks) {
            long last = truth.log().stream().filter(row -> row.dialog() == talk.dialog()).count();
            talk.awaitAll(last, WHOLE_AGAIN);
        }
        // What is told last, such as an answer's end behind its message, may still be under way.
        Awaitility.await().untilAsserted(() -> history.assertKept(truth));
        assertThat(truth.answers()).as("there was something to answer").isNotEmpty();
    }

    @Override
    public void close() {
        enough = true;
        threads.shutdownNow();
        people.forEach(person -> person.exceptionally(failed -> null).join()); // tabs are for one thread at a time
        talks.forEach(Talk::close);
    }
}
