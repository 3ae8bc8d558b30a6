package dev.parley.gateway.benchmark.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** All that a yardstick has: for each dialog one sink, and the last messages where somebody polls. */
final class Topics {

    private final ConcurrentHashMap<Long, Topic> topics = new ConcurrentHashMap<>();

    private static final class Topic {
        final Sinks.Many<String> sink = Sinks.many().multicast().directBestEffort();
        volatile @Nullable Recent recent;
    }

    /** From now on. */
    Flux<String> follow(long dialog) {
        return topic(dialog).sink.asFlux();
    }

    /** To whoever follows now. */
    void publish(long dialog, String text) {
        Topic topic = topics.get(dialog);
        if (topic == null) {
            return;
        }
        Recent recent = topic.recent;
        if (recent != null) {
            recent.add(text);
        }
        while (topic.sink.tryEmitNext(text) == Sinks.EmitResult.FAIL_NON_SERIALIZED) {
            Thread.onSpinWait();
        }
    }

    /** As {@link #publish(long, String)}, of {@code "<dialog> <text>"}. */
    void publish(String frame) {
        int space = frame.indexOf(' ');
        publish(Long.parseLong(frame.substring(0, space)), frame.substring(space + 1));
    }

    /**
     * What came after the cursor, as soon as there is something: a line with the next cursor, then a line for each message.
     * Without a cursor only that line, at once.
     */
    Mono<String> poll(long dialog, String cursor) {
        Topic topic = topic(dialog);
        Recent recent = recent(topic);
        if (cursor.isEmpty()) {
            return Mono.just(recent.after(Long.MAX_VALUE));
        }
        long seen = Long.parseLong(cursor);
        return recent.has(seen)
                ? Mono.just(recent.after(seen))
                : Mono.firstWithValue(topic.sink.asFlux().next(), recent.arrival(seen))
                        .map(news -> recent.after(seen));
    }

    private Topic topic(long dialog) {
        return topics.computeIfAbsent(dialog, id -> new Topic());
    }

    private static Recent recent(Topic topic) {
        synchronized (topic) {
            Recent recent = topic.recent;
            if (recent == null) {
                recent = new Recent();
                topic.recent = recent;
            }
            return recent;
        }
    }

    /** The last messages, and how many there have been: the cursor. */
    private static final class Recent {

        private static final int SIZE = 32;
        private final Deque<String> messages = new ArrayDeque<>(SIZE);
        private long count;

        synchronized void add(String message) {
            if (messages.size() == SIZE) {
                messages.removeFirst();
            }
            messages.addLast(message);
            count++;
        }

        synchronized boolean has(long cursor) {
            return count > cursor;
        }

        /** Of a message that came just before the poll began to listen; else never. */
        Mono<String> arrival(long cursor) {
            return Mono.defer(() -> has(cursor) ? Mono.just("") : Mono.never());
        }

        synchronized String after(long cursor) {
            StringBuilder text = new StringBuilder("cursor: ").append(count).append('\n');
            long at = count - messages.size();
            for (String message : messages) {
                if (at++ >= cursor) {
                    text.append(message).append('\n');
                }
            }
            return text.toString();
        }
    }
}
