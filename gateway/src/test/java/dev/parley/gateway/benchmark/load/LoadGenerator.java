package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Client.Settled;
import dev.parley.gateway.benchmark.load.Plan.Production;
import dev.parley.gateway.benchmark.load.Processors.Used;
import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a {@link Plan}, carries it out and writes the {@link Outcome}, both as JSON. One event loop does all the work, so it
 * takes at most one processor and needs no locks; the main thread goes through the phases and looks at the server.
 */
public final class LoadGenerator {

    private static final Logger log = LoggerFactory.getLogger(LoadGenerator.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int CROWD = 64;
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration OPENING = Duration.ofMinutes(4);
    private static final Duration SETTLING = Duration.ofSeconds(1);
    private static final Duration DRAINING = Duration.ofSeconds(5);
    private static final Duration LONGEST_DRAINING = Duration.ofMinutes(1);

    private final Plan plan;
    private final Processors processors;
    private final EventLoop loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()).next();
    private final Tally tally = new Tally();
    private final List<Follower> followers = new ArrayList<>();
    private final List<Client<?>> clients = new ArrayList<>();
    private final List<SocketClient> publishing = new ArrayList<>();
    private final Publishers publishers;
    private final List<Double> rss = new ArrayList<>();

    private LoadGenerator(Plan plan) {
        this.plan = plan;
        this.processors = new Processors(plan.server(), plan.database());
        this.publishers = new Publishers(plan, loop, this::publisher);
    }

    public static void main(String[] arguments) {
        int exit = 1;
        try {
            Plan plan = JSON.readValue(System.in, Plan.class);
            System.out.println(JSON.writeValueAsString(new LoadGenerator(plan).run()));
            exit = 0;
        } catch (Exception failed) {
            log.error("The run failed", failed);
        }
        System.out.flush();
        Runtime.getRuntime().halt(exit); // all sockets are closed by a reset
    }

    private Outcome run() throws Exception {
        double rssBefore = collected();
        Used before = processors.used();
        long begin = System.nanoTime();
        open();
        double seconds = (System.nanoTime() - begin) / 1e9;
        Used connecting = processors.used().since(before);
        Thread.sleep(SETTLING);
        double rssHeld = collected();
        Used window = plan.production() == Production.NONE ? hold() : measure();
        long lost = onLoop(this::lost);
        double rssEnd = collected();
        return onLoop(() -> outcome(seconds, connecting, window, lost, rssBefore, rssHeld, rssEnd));
    }

    private void open() throws Exception {
        int count = plan.dialogs() * plan.followers();
        CountDownLatch toCome = new CountDownLatch(count + Publishers.count(plan));
        Connector connector = new Connector(loop, plan.target(), toCome, CROWD, Duration.ZERO);
        onLoop(() -> {
            openFollowers(connector, count, false);
            for (int i = 0; i < Publishers.count(plan); i++) {
                publishing.add(openPublisher(connector, i));
            }
            return count;
        });
        if (!toCome.await(OPENING.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("%d connections are still missing, %d attempts have failed"
                    .formatted(toCome.getCount(), tally.failed));
        }
    }

    private void openFollowers(Connector connector, int count, boolean stuck) {
        for (int i = 0; i < count; i++) {
            followers.add(new Follower(i % plan.dialogs(), stuck, tally));
            clients.add(follow(connector, followers.size() - 1));
        }
    }

    private Client<?> follow(Connector connector, int index) {
        Target target = plan.target();
        Follower follower = followers.get(index);
        long dialog = plan.firstDialog() + follower.dialog();
        Settled settled = open -> {
            connector.settled(open, () -> clients.set(index, follow(connector, index)));
            if (open && follower.isStuck()) {
                clients.get(index).stopReading();
            }
        };
        return switch (plan.carrier()) {
            case WEB_SOCKET -> {
                Way way = writes(index) ? target.publish() : target.follow();
                var client = new SocketClient(way, dialog, writes(index) ? hearing(follower) : follower::hear, tally,
                        settled);
                connector.open(follower.isStuck(), pipeline -> client.install(pipeline, target, way, dialog),
                        client::end);
                yield client;
            }
            case SSE -> {
                var client = new StreamClient(target, dialog, follower, tally, settled);
                connector.open(follower.isStuck(), pipeline -> client.install(pipeline, dialog), client::end);
                yield client;
            }
            case POLL -> {
                var client = new PollClient(target, dialog, follower, tally, settled);
                connector.open(follower.isStuck(), client::install, client::end);
                yield client;
            }
        };
    }

    private boolean writes(int index) {
        return plan.writersFollow() && index < plan.dialogs();
    }

    /** What a writer is told: what others have said as well, and whether its own was refused. */
    private Consumer<ByteBuf> hearing(Follower writer) {
        return SocketClient.refusals(tally, plan.target().failure()).andThen(writer::hear);
    }

    private @Nullable Channel publisher(int dialog) {
        return plan.writersFollow()
                ? clients.get(dialog).channel()
                : publishing.get(dialog % publishing.size()).channel();
    }

    private SocketClient openPublisher(Connector connector, int index) {
        Target target = plan.target();
        long dialog = plan.firstDialog() + index;
        var client = new SocketClient(target.publish(), dialog, SocketClient.refusals(tally, target.failure()), tally,
                open -> connector.settled(open, () -> publishing.set(index, openPublisher(connector, index))));
        connector.open(false, pipeline -> client.install(pipeline, target, target.publish(), dialog), client::end);
        return client;
    }

    /** Nothing is sent; what do the connections cost by themselves? */
    private Used hold() throws Exception {
        Used before = processors.used();
        Thread.sleep(Duration.ofSeconds(plan.seconds()));
        return processors.used().since(before);
    }

    private Used measure() throws Exception {
        long begin = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10);
        long windowBegin = begin + TimeUnit.SECONDS.toNanos(plan.warmUp());
        long windowEnd = windowBegin + TimeUnit.SECONDS.toNanos(plan.seconds());
        onLoop(() -> {
            tally.window(windowBegin, windowEnd);
            if (plan.production() == Production.CLIENTS) {
                publishers.start(begin, windowEnd);
            }
            return begin;
        });
        if (plan.production() == Production.INSIDE) {
            startProducer();
        }
        sleepUntil(windowBegin);
        Used before = processors.used();
        onLoop(this::openStuckOnes);
        for (int second = 0; second < plan.seconds(); second++) {
            rss.add(processors.rss());
            sleepUntil(windowBegin + TimeUnit.SECONDS.toNanos(second + 1L));
        }
        Used used = processors.used().since(before);
        rss.add(processors.rss());
        drain();
        return used;
    }

    /**
     * They come one after the other, twenty a second, for what a crowd of newcomers costs is another question, and read nothing
     * after their opening. Nobody waits for them.
     */
    private int openStuckOnes() {
        int count = plan.dialogs() * plan.stuck();
        openFollowers(new Connector(loop, plan.target(), new CountDownLatch(count), 1, PAUSE), count, true);
        return count;
    }

    private void startProducer() throws IOException, InterruptedException {
        String query = "?first=%d&dialogs=%d&rate=%s&seconds=%d&size=%d".formatted(plan.firstDialog(), plan.dialogs(),
                plan.rate() / plan.dialogs(), plan.warmUp() + plan.seconds(), plan.size());
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<String> response = client.send(HttpRequest
                    .newBuilder(
                            URI.create("http://127.0.0.1:" + plan.target().port() + plan.target().producer() + query))
                    .build(), HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException("no producer: " + response);
            }
        }
    }

    /** Waits for what is still under way: what is late is not lost. Ends where nothing comes any more. */
    private void drain() throws Exception {
        long end = System.nanoTime() + LONGEST_DRAINING.toNanos();
        long quietSince = System.nanoTime();
        long missing = onLoop(this::lost);
        while (missing > 0 && System.nanoTime() < Math.min(end, quietSince + DRAINING.toNanos())) {
            Thread.sleep(Duration.ofMillis(50));
            long before = missing;
            missing = onLoop(this::lost);
            if (missing < before) {
                quietSince = System.nanoTime();
            }
        }
    }

    private long lost() {
        List<Integer> published = plan.production() == Production.INSIDE
                ? Collections.nCopies(plan.dialogs(),
                        (int) Math.round(plan.rate() / plan.dialogs() * (plan.warmUp() + plan.seconds())))
                : publishers.published();
        return followers.stream()
                .filter(follower -> !follower.isStuck())
                .mapToLong(follower -> follower.lost(published.get(follower.dialog())))
                .sum();
    }

    private Outcome outcome(double seconds, Used connecting, Used window, long lost, double rssBefore, double rssHeld,
            double rssEnd) {
        Latencies latencies = tally.latencies;
        long delivered = tally.arrivedInWindow;
        return new Outcome(tally.open, tally.failed, seconds, connecting.server() * 1e3, connecting.database() * 1e3,
                delivered, delivered / (double) plan.seconds(), latencies.millis(0.5), latencies.millis(0.9),
                latencies.millis(0.99), latencies.millis(0.999), latencies.longestMillis(),
                window.server() * 1e6 / delivered, window.database() * 1e6 / delivered, lost, tally.repeated,
                tally.refused, tally.closed, tally.stuckClosed, publishers.lateMillis(),
                window.own() * 100 / plan.seconds(), window.foreign() * 100 / plan.seconds(), rssBefore, rssHeld,
                rssEnd, rss, tally.millisBySecond(0.99));
    }

    /** Resident memory after the server has collected its garbage. */
    private double collected() throws IOException, InterruptedException {
        if (!plan.collect().isEmpty()) {
            Process collecting = new ProcessBuilder(plan.collect()).redirectErrorStream(true).start();
            String said = new String(collecting.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (collecting.waitFor() != 0) {
                throw new IllegalStateException(said);
            }
            Thread.sleep(Duration.ofMillis(500));
        }
        return processors.rss();
    }

    private <T> T onLoop(Callable<T> work) throws Exception {
        return loop.submit(work).get(OPENING.toSeconds(), TimeUnit.SECONDS);
    }

    private static void sleepUntil(long time) throws InterruptedException {
        long left = time - System.nanoTime();
        if (left > 0) {
            Thread.sleep(Duration.ofNanos(left));
        }
    }
}
