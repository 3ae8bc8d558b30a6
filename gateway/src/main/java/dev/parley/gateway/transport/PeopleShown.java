package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import java.util.ArrayList;
import java.util.List;

/**
 * How it stands with the people of a dialog, for a client that polls. What happened between two polls nobody told it, so it
 * is told how everything stands whenever that is not as it was told last.
 *
 * @param events what the client may see of it
 */
record PeopleShown(List<OfPerson> events) {

    private static final String TYPING = "t";

    /**
     * Stands for all of it in a {@link Cursor}. It is no secret and need not be: with a forged one a client only hears again
     * what it knows, or not what it could know.
     */
    String mark() {
        if (events.isEmpty()) {
            return "";
        }
        boolean typing = events.stream().anyMatch(DialogEvent.Typing.class::isInstance);
        return (typing ? TYPING : "") + Integer.toHexString(hash());
    }

    /** The same on every node, as the hash of a record with an enum in it is not. */
    private int hash() {
        int hash = 0;
        for (OfPerson event : events) {
            hash = 31 * (31 * hash + event.senderId().hashCode()) + event.sender().word().hashCode();
            hash = 31 * hash + switch (event) {
                case DialogEvent.Typing typing -> Boolean.hashCode(typing.active());
                case DialogEvent.Presence presence ->
                    31 * presence.lastSeen().hashCode() + presence.status().word().hashCode();
                case DialogEvent.Receipt receipt ->
                    31 * Long.hashCode(receipt.deliveredSeq()) + Long.hashCode(receipt.readSeq());
            };
        }
        return hash;
    }

    /** What a client has to be told that was last told what the mark stands for. */
    List<OfPerson> newTo(String known) {
        if (known.equals(mark())) {
            return List.of();
        }
        List<OfPerson> news = new ArrayList<>();
        for (OfPerson event : events) {
            news.add(event);
            if (known.startsWith(TYPING) && event instanceof DialogEvent.Presence person && !isTyping(person)) {
                news.add(new DialogEvent.Typing(person.dialogId(), person.sender(), person.senderId(),
                        person.senderName(), false));
            }
        }
        return news;
    }

    private boolean isTyping(DialogEvent.Presence person) {
        return events.stream()
                .anyMatch(event -> event instanceof DialogEvent.Typing && event.sender() == person.sender()
                        && event.senderId().equals(person.senderId()));
    }
}
