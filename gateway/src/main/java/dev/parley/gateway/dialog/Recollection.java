package dev.parley.gateway.dialog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this node remembers of a dialog without asking the log.
 *
 * @param messages the newest, oldest first and without a hole; none where nothing is remembered
 * @param turn the newest turn that was heard of
 */
public record Recollection(List<Message> messages, long turn) {

    static final Recollection NONE = new Recollection(List.of(), 0);

    public Recollection {
        messages = List.copyOf(messages);
    }

    /** Whether the newest that is remembered of whose turn it is says that it is not the assistant's. */
    public boolean assistantIsSilent() {
        for (Message message : messages.reversed()) {
            switch (message.kind()) {
                case HANDOFF_STARTED, DIALOG_CLOSED -> {
                    return true;
                }
                case HANDOFF_ENDED, DIALOG_REOPENED -> {
                    return false;
                }
                case MESSAGE, HUMAN_REQUESTED -> {
                }
            }
        }
        return false;
    }

    /** The newest {@code limit} messages up to {@code seq}, oldest first; absent where not all of them are remembered. */
    public @Nullable List<Message> upTo(long seq, int limit) {
        if (messages.isEmpty() || messages.getLast().seq() < seq) {
            return null;
        }
        long before = messages.getFirst().seq() - 1;
        int count = (int) Math.max(0, seq - before);
        if (before > 0 && count < limit) {
            return null;
        }
        return messages.subList(Math.max(0, count - limit), count);
    }
}
