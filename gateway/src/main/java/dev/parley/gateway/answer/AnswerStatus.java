package dev.parley.gateway.answer;

import dev.parley.gateway.model.BackendStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the assistant's side of a node does, or of several together. What has ended is counted since the node's start.
 *
 * @param effectiveConcurrent answers that may run at once, as the models bear them
 * @param cancelled by somebody, or by a human who took the dialog over
 * @param successRate of those that ended by themselves, from 0 to 1; 1 where none has
 * @param averageMillis that an answer runs, the newer ones counting more; 0 where none has ended
 * @param peakConcurrent of several nodes the sum, which is what there was at most
 * @param fallback whether answers run one after the other because the models could not bear more
 * @param degraded whether a node goes by its share of the slots, since the nodes cannot share them
 */
public record AnswerStatus(int processing, int queued, int maxConcurrent, int effectiveConcurrent, long completed,
        long failed, long cancelled, long timedOut, double successRate, long averageMillis, int peakConcurrent,
        List<BackendStatus> backends, boolean fallback, boolean degraded) {

    public AnswerStatus {
        backends = List.copyOf(backends);
    }

    /** Of both together. What each thinks of a server may differ: it is this one's word that counts. */
    public AnswerStatus plus(AnswerStatus more) {
        long done = completed + more.completed;
        long bySelf = done + failed + more.failed + timedOut + more.timedOut;
        return new AnswerStatus(processing + more.processing, queued + more.queued,
                Math.max(maxConcurrent, more.maxConcurrent), Math.max(effectiveConcurrent, more.effectiveConcurrent),
                done, failed + more.failed, cancelled + more.cancelled, timedOut + more.timedOut,
                bySelf == 0 ? 1 : (double) done / bySelf, average(more), peakConcurrent + more.peakConcurrent,
                together(backends, more.backends), fallback || more.fallback, degraded || more.degraded);
    }

    private long average(AnswerStatus more) {
        long mine = averageMillis == 0 ? 0 : Math.max(1, completed);
        long others = more.averageMillis == 0 ? 0 : Math.max(1, more.completed);
        return mine + others == 0 ? 0 : (averageMillis * mine + more.averageMillis * others) / (mine + others);
    }

    private static List<BackendStatus> together(List<BackendStatus> mine, List<BackendStatus> others) {
        Map<String, BackendStatus> all = new LinkedHashMap<>();
        mine.forEach(backend -> all.put(backend.url(), backend));
        others.forEach(backend -> all.merge(backend.url(), backend,
                (own, more) -> new BackendStatus(own.url(), own.state(), own.inFlight() + more.inFlight(),
                        own.models())));
        return new ArrayList<>(all.values());
    }
}
