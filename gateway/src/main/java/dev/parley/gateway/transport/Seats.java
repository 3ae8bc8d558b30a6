package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;

/** How many connections there may be at once, on this node and in each dialog. Safe for all threads. */
@Component
final class Seats {

    private static final Duration COME_BACK_AFTER = Duration.ofSeconds(5);

    private final int ofNode;
    private final int ofDialog;
    private final Map<Long, Integer> taken = new HashMap<>();
    private int all;

    Seats(ConnectionSettings settings) {
        this.ofNode = settings.maxPerNode();
        this.ofDialog = settings.maxPerDialog();
    }

    /** A seat until it is disposed of, or {@link Problem#TOO_MANY_CONNECTIONS}. */
    synchronized Disposable take(long dialogId) {
        if (all >= ofNode) {
            throw full("This node has as many connections as it may");
        }
        if (taken.getOrDefault(dialogId, 0) >= ofDialog) {
            throw full("Dialog %d has as many connections as it may".formatted(dialogId));
        }
        all++;
        taken.merge(dialogId, 1, Integer::sum);
        AtomicBoolean left = new AtomicBoolean();
        return () -> {
            if (left.compareAndSet(false, true)) {
                leave(dialogId);
            }
        };
    }

    private synchronized void leave(long dialogId) {
        all--;
        taken.computeIfPresent(dialogId, (id, count) -> count == 1 ? null : count - 1);
    }

    private static ProblemException full(String detail) {
        return Problem.TOO_MANY_CONNECTIONS.with(detail).retryAfter(COME_BACK_AFTER);
    }
}
