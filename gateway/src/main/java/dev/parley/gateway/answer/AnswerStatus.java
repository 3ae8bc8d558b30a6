package dev.parley.gateway.answer;

import dev.parley.gateway.model.BackendStatus;
import java.util.List;

/**
 * How the assistant's side of this node does. What has ended is counted since the node's start.
 *
 * @param effectiveConcurrent answers that may run at once, as the models bear them
 * @param cancelled by somebody, or by a human who took the dialog over
 * @param successRate of those that ended by themselves, from 0 to 1; 1 where none has
 * @param averageMillis that an answer runs, the newer ones counting more; 0 where none has ended
 * @param fallback whether answers run one after the other because the models could not bear more
 * @param degraded whether this node goes by its share of the slots, since the nodes cannot share them
 */
public record AnswerStatus(int processing, int queued, int maxConcurrent, int effectiveConcurrent, long completed,
        long failed, long cancelled, long timedOut, double successRate, long averageMillis, int peakConcurrent,
        List<BackendStatus> backends, boolean fallback, boolean degraded) {

    public AnswerStatus {
        backends = List.copyOf(backends);
    }
}
