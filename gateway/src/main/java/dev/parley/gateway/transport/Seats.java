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

    /** A seat on this node until it is disposed of, or {@link Problem#TOO_MANY_CONNECTIONS}. */
    synchronized Disposable take() {
        if (all >= ofNode) {
            throw full("This node has as many connections as it may");
        }
        all++;
        return once(this::leave);
    }

    /** A seat in a dialog until it is disposed of, or {@link Problem#TOO_MANY_CONNECTIONS}. */
    synchronized Disposable takeIn(long dialogId) {
        if (taken.getOrDefault(dialogId, 0) >= ofDialog) {
            throw full("Dialog %d has as many connections as it may".formatted(dialogId));
        }
        taken.merge(dialogId, 1, Integer::sum);
        return once(() -> leave(dialogId));
    }

    /** Both at once. */
    synchronized Disposable takeWith(long dialogId) {
        Disposable seat = take();
        try {
            Disposable inDialog = takeIn(dialogId);
            return () -> {
                seat.dispose();
                inDialog.dispose();
            };
        } catch (ProblemException full) {
            seat.dispose();
            throw full;
        }
    }

    private static Disposable once(Runnable leave) {
        AtomicBoolean left = new AtomicBoolean();
        return () -> {
            if (left.compareAndSet(false, true)) {
                leave.run();
            }
        };
    }

    private synchronized void leave() {
        all--;
    }

    private synchronized void leave(long dialogId) {
        taken.computeIfPresent(dialogId, (id, count) -> count == 1 ? null : count - 1);
    }

    private static ProblemException full(String detail) {
        return Problem.TOO_MANY_CONNECTIONS.with(detail).retryAfter(COME_BACK_AFTER);
    }
}
