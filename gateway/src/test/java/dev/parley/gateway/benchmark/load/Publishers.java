package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Publishes at a steady rate, whether the server keeps up or not, and stamps each message with the time at which it was
 * due: what waits because the server (or this generator) is slow counts as latency. One dialog's messages always go the same
 * way, so that their order is kept. On the event loop alone.
 */
final class Publishers {

    private static final int SHARED = 16;

    private final Plan plan;
    private final EventLoop loop;
    private final IntFunction<@Nullable Channel> channels;
    private final int[] dialogs;
    private final int[] published;
    private long begin;
    private long total;
    private long sent;
    private long late;

    /** @param channels by the dialogs' numbers, counted from 0; {@code null} where it is not open */
    Publishers(Plan plan, EventLoop loop, IntFunction<@Nullable Channel> channels) {
        this.plan = plan;
        this.loop = loop;
        this.channels = channels;
        this.published = new int[plan.dialogs()];
        this.dialogs = shuffled(plan.dialogs());
    }

    /** How many connections publish that do not follow. */
    static int count(Plan plan) {
        return switch (plan.production()) {
            case CLIENTS -> plan.writersFollow() ? 0 : Math.min(SHARED, plan.dialogs());
            case INSIDE, NONE -> 0;
        };
    }

    /** So that neighbours in time are not neighbours in memory. */
    private static int[] shuffled(int count) {
        Random random = new Random(1);
        int[] all = new int[count];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i + 1);
            all[i] = all[other];
            all[other] = i;
        }
        return all;
    }

    void start(long at, long end) {
        begin = at;
        total = (long) ((end - at) * plan.rate() / 1e9);
        publishDue();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // ends with the loop
    private void publishDue() {
        Set<Channel> written = new LinkedHashSet<>();
        long now = System.nanoTime();
        while (sent < total && due(sent) <= now) {
            late = Math.max(late, now - due(sent));
            publish(dialogs[(int) (sent % dialogs.length)], due(sent), written);
            sent++;
        }
        written.forEach(Channel::flush);
        if (sent < total) {
            loop.schedule(this::publishDue, Math.max(0, due(sent) - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    private long due(long number) {
        return begin + (long) (number * 1e9 / plan.rate());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what does not get through is missed by the followers
    private void publish(int dialog, long due, Set<Channel> written) {
        Channel channel = channels.apply(dialog);
        String text = Stamp.text(due, ++published[dialog], plan.size());
        if (channel != null) {
            channel.write(new TextWebSocketFrame(Way.fill(plan.target().frame(), plan.firstDialog() + dialog)
                    .replace("{number}", Integer.toString(published[dialog]))
                    .replace("{message}", text)));
            written.add(channel);
        }
    }

    /** How many messages each dialog has got so far. */
    List<Integer> published() {
        List<Integer> counts = new ArrayList<>();
        for (int count : published) {
            counts.add(count);
        }
        return counts;
    }

    double lateMillis() {
        return late / 1e6;
    }
}
