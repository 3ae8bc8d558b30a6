package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
        takeOnNode();
        return new Seat(true, null);
    }

    /** A seat in a dialog until it is disposed of, or {@link Problem#TOO_MANY_CONNECTIONS}. */
    synchronized Disposable takeIn(long dialogId) {
        takeInDialog(dialogId);
        return new Seat(false, dialogId);
    }

    /** Both at once. */
    synchronized Disposable takeWith(long dialogId) {
        takeOnNode();
        try {
            takeInDialog(dialogId);
        } catch (ProblemException full) {
            all--;
            throw full;
        }
        return new Seat(true, dialogId);
    }

    private void takeOnNode() {
        if (all >= ofNode) {
            throw full("This node has as many connections as it may");
        }
        all++;
    }

    private void takeInDialog(long dialogId) {
        if (taken.getOrDefault(dialogId, 0) >= ofDialog) {
            throw full("Dialog %d has as many connections as it may".formatted(dialogId));
        }
        taken.merge(dialogId, 1, Integer::sum);
    }

    private final class Seat implements Disposable {

        private final boolean onNode;
        private final @Nullable Long dialogId;
        private boolean left;

        Seat(boolean onNode, @Nullable Long dialogId) {
            this.onNode = onNode;
            this.dialogId = dialogId;
        }

        @Override
        public void dispose() {
            synchronized (Seats.this) {
                if (left) {
                    return;
                }
                left = true;
                if (onNode) {
                    all--;
                }
                if (dialogId != null) {
                    taken.computeIfPresent(dialogId, (id, count) -> count == 1 ? null : count - 1);
                }
            }
        }

        @Override
        public boolean isDisposed() {
            synchronized (Seats.this) {
                return left;
            }
        }
    }

    private static ProblemException full(String detail) {
        return Problem.TOO_MANY_CONNECTIONS.with(detail).retryAfter(COME_BACK_AFTER);
    }
}
