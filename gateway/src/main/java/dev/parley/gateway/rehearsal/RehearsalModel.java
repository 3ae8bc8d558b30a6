package dev.parley.gateway.rehearsal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import reactor.netty.resources.LoopResources;

/**
 * A double of Ollama: an HTTP server on the loopback address that speaks Ollama's own protocol and gives answers for which no
 * language model runs. It makes one process enough to try everything, and lets tests have each fault of a real one, and each
 * turn of its scheduler, when they want it.
 *
 * <p>What it answers depends on the messages of the person alone, see {@link #answerTo}. A message that begins with
 * {@code /say } is answered by exactly what follows, {@code /long n} by {@code word1 word2 …} up to n; {@code /fault …} asks
 * for one of the faults of {@link Fault}. What else one request may wish is in {@link Script}, and what a program may do
 * over HTTP in {@link Controls}.
 *
 * <p>All of it runs on one event loop. So nothing needs a lock, and whatever has an order has exactly that order. It never
 * blocks and holds nothing without a bound: bodies of 8 MB, 512 requests waiting for a load, 100,000 for a slot, 1,000
 * chats in the ledger, 1,000 queued faults.
 */
public final class RehearsalModel implements AutoCloseable {

    private static final int MAX_FAULTS = 1_000;
    private static final int BACKLOG = 4_096;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final RehearsalLedger ledger = new RehearsalLedger();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    /** Its own: the shared ones end with whichever application of this process ends first. */
    private final LoopResources loops = LoopResources.create("rehearsal", 1, true);
    private final EventExecutor loop;
    private final Runners runners;
    private final ChannelGroup connections;
    private final Channel server;
    private volatile RehearsalSettings settings;

    private RehearsalModel(RehearsalSettings settings) {
        this.settings = settings;
        EventLoopGroup group = loops.onServer(LoopResources.DEFAULT_NATIVE);
        this.loop = group.next();
        this.runners = new Runners(loop, this::settings, ledger);
        this.connections = new DefaultChannelGroup(loop, true);
        this.server = listen(group,
                new Endpoints(loop, this::settings, ledger, runners, faults, new Controls(this)::accept));
    }

    private Channel listen(EventLoopGroup group, Endpoints endpoints) {
        var listening = new ServerBootstrap()
                .group(group)
                .channelFactory(() -> loops.onChannel(ServerSocketChannel.class, group))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(new HttpRequestDecoder(), new Connection(endpoints));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()))
                .awaitUninterruptibly();
        if (!listening.isSuccess()) {
            loops.dispose();
            throw new IllegalStateException("cannot listen on port " + settings.port(), listening.cause());
        }
        return listening.channel();
    }

    /** Starts one; returns when it listens. Not for event loops. */
    public static RehearsalModel start(RehearsalSettings settings) {
        return new RehearsalModel(settings);
    }

    /** Where it listens, such as {@code http://127.0.0.1:40123}. */
    public String url() {
        return "http://127.0.0.1:" + ((InetSocketAddress) server.localAddress()).getPort();
    }

    public RehearsalSettings settings() {
        return settings;
    }

    /** Behaves in another way from now on, but for the port. Answers that have begun keep their pace. */
    public void change(RehearsalSettings settings) {
        this.settings = settings.withPort(this.settings.port());
        loop.execute(runners::settingsHaveChanged);
    }

    /** Lets this go wrong with the next chat that comes; several are used in order, one for each chat. */
    public void next(Fault fault) {
        if (faults.size() >= MAX_FAULTS) {
            throw new IllegalStateException(MAX_FAULTS + " faults are queued already; let some chats come first");
        }
        faults.add(fault);
    }

    /** How many of those no chat has come for yet. */
    public int queuedFaults() {
        return faults.size();
    }

    public void forgetFaults() {
        faults.clear();
    }

    /** What it has seen. */
    public RehearsalLedger ledger() {
        return ledger;
    }

    /** The whole text with which it answers a conversation, given the person's messages, oldest first. */
    public static String answerTo(List<String> userTexts) {
        return RehearsalVoice.answerTo(userTexts);
    }

    /** Returns when somebody has closed it. Not for event loops. */
    void awaitClose() throws InterruptedException {
        server.closeFuture().await();
    }

    /** Closes the port and every connection; answers in flight are cut off. */
    @Override
    public void close() {
        server.close().awaitUninterruptibly(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        connections.close().awaitUninterruptibly(PATIENCE.toMillis());
        loops.dispose();
    }
}
