package dev.parley.gateway.cluster;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The channels that this node wants to hear, and those that it does hear on the connection of the moment. The one is made
 * equal to the other by commands of at most 512 channels; on a new connection none is heard at first. A channel is heard when
 * Redis has said so, and not before.
 *
 * <p>All state belongs to one thread, and calls come from any.
 */
final class BusChannels implements Disposable {

    static final int MOST_IN_A_COMMAND = 512;

    private final Scheduler thread = Schedulers.newSingle("bus-channels", true);

    // Touched by the thread alone.
    private final Map<String, Sinks.Empty<Void>> wanted = new HashMap<>();
    private final Set<String> changed = new HashSet<>();
    private final Set<String> asked = new HashSet<>();
    private final Set<String> heard = new HashSet<>();
    /** Those that have to be heard before this node is whole. */
    private final Set<String> awaited = new HashSet<>();
    private @Nullable StatefulRedisPubSubConnection<String, byte[]> connection;
    private Sinks.Empty<Void> whole = Sinks.empty();
    private boolean scheduled;

    /** Hears the channel from now on. Completes when that is so for the first time. */
    Mono<Void> want(String channel) {
        Sinks.Empty<Void> isHeard = Sinks.empty();
        thread.schedule(() -> {
            wanted.put(channel, isHeard);
            change(channel);
        });
        return isHeard.asMono();
    }

    /** Need not hear it any more. */
    void unwant(String channel) {
        thread.schedule(() -> {
            Sinks.Empty<Void> waiting = wanted.remove(channel);
            if (waiting != null) {
                waiting.tryEmitError(new CancellationException("nobody wants to hear it any more"));
            }
            change(channel);
        });
    }

    /**
     * Hears on this connection from now on. Completes when all is heard there that is wanted now; whoever wants more meanwhile is
     * told by {@link #want}.
     */
    Mono<Void> use(StatefulRedisPubSubConnection<String, byte[]> fresh) {
        Sinks.Empty<Void> done = Sinks.empty();
        thread.schedule(() -> {
            forget();
            connection = fresh;
            whole = done;
            changed.addAll(wanted.keySet());
            awaited.addAll(wanted.keySet());
            work();
        });
        return done.asMono();
    }

    /** Hears nothing any more: the connection is lost. */
    void lose() {
        thread.schedule(this::forget);
    }

    private void forget() {
        connection = null;
        asked.clear();
        heard.clear();
        awaited.clear();
    }

    /** Redis says that the channel is heard on this connection. */
    void confirm(StatefulRedisPubSubConnection<String, byte[]> on, String channel) {
        thread.schedule(() -> {
            if (on == connection && asked.contains(channel)) {
                heard.add(channel);
                awaited.remove(channel);
                tell(channel);
                tellIfWhole();
            }
        });
    }

    private void change(String channel) {
        changed.add(channel);
        if (!scheduled) {
            scheduled = true;
            thread.schedule(this::work); // behind what has come meanwhile, which goes into the same command
        }
    }

    private void work() {
        scheduled = false;
        StatefulRedisPubSubConnection<String, byte[]> now = connection;
        if (now != null) {
            List<String> more = new ArrayList<>();
            List<String> less = new ArrayList<>();
            changed.forEach(channel -> {
                if (!wanted.containsKey(channel) && asked.remove(channel)) {
                    heard.remove(channel);
                    awaited.remove(channel);
                    less.add(channel);
                } else if (wanted.containsKey(channel) && asked.add(channel)) {
                    more.add(channel);
                } else if (heard.contains(channel)) {
                    tell(channel); // it was let go of and wanted again in the meantime
                }
            });
            send(now, more, now.async()::subscribe, asked::contains);
            send(now, less, now.async()::unsubscribe, channel -> !asked.contains(channel));
            tellIfWhole();
        }
        changed.clear();
    }

    /**
     * One command after the other: each has two seconds, and a server to which many nodes come back at once may need longer for all
     * of them.
     *
     * @param holds whether a channel's command is still wanted when its turn comes
     */
    private void send(StatefulRedisPubSubConnection<String, byte[]> now, List<String> channels,
            Function<String[], RedisFuture<Void>> command, Predicate<String> holds) {
        List<String> some = channels.stream().limit(MOST_IN_A_COMMAND).filter(holds).toList();
        if (connection != now || channels.isEmpty()) {
            return;
        }
        List<String> rest = channels.subList(Math.min(channels.size(), MOST_IN_A_COMMAND), channels.size());
        if (some.isEmpty()) {
            send(now, rest, command, holds);
            return;
        }
        command.apply(some.toArray(String[]::new)).whenComplete((done, error) -> {
            if (error != null) {
                var _ = now.closeAsync(); // whoever waits for its end makes a new one, and begins anew
            } else if (!rest.isEmpty()) {
                thread.schedule(() -> send(now, rest, command, holds));
            }
        });
    }

    private void tell(String channel) {
        Sinks.Empty<Void> isHeard = wanted.get(channel);
        if (isHeard != null) {
            isHeard.tryEmitEmpty(); // told before: fails to emit, and needs not
        }
    }

    private void tellIfWhole() {
        if (connection != null && awaited.isEmpty()) {
            whole.tryEmitEmpty();
        }
    }

    @Override
    public void dispose() {
        thread.dispose();
    }
}
