package dev.parley.gateway.dialog;

import java.util.ArrayDeque;
import java.util.List;

/** The newest messages of a dialog as far as one room has heard of them: always contiguous, at most a fixed number. */
final class RecentMessages {

    private final int capacity;
    private final ArrayDeque<Message> messages = new ArrayDeque<>();

    RecentMessages(int capacity) {
        this.capacity = capacity;
    }

    /** Adds the next message. One that is known is ignored; after a hole only the new one is remembered. */
    void add(Message message) {
        Message newest = messages.peekLast();
        if (newest != null && message.seq() <= newest.seq()) {
            return;
        }
        if (newest != null && message.seq() > newest.seq() + 1) {
            messages.clear();
        }
        if (messages.size() == capacity) {
            messages.removeFirst();
        }
        messages.addLast(message);
    }

    List<Message> toList() {
        return List.copyOf(messages);
    }
}
