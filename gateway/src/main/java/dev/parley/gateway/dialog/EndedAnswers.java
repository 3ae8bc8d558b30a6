package dev.parley.gateway.dialog;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The newest answers of a dialog that have ended. A node that was frozen, and wakes up when another has finished its answers,
 * goes on telling of them for a moment; nobody is to hear it.
 */
final class EndedAnswers {

    /** As many as may be told of twice at about the same time. */
    private static final int MOST = 32;

    /** Whether the end was told, by request. */
    private final Map<String, Boolean> ended = new LinkedHashMap<>(0) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MOST;
        }
    };

    /** Its message is in the log. */
    void stored(String requestId) {
        ended.putIfAbsent(requestId, false);
    }

    /** Its end is to be told; returns whether it is for the first time. */
    boolean finished(String requestId) {
        return !Boolean.TRUE.equals(ended.put(requestId, true));
    }

    boolean contains(String requestId) {
        return ended.containsKey(requestId);
    }
}
