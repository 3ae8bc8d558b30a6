package dev.parley.gateway.cluster;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which of the dialogs that this node follows no other node hears, so that nothing of them needs to be told: most, where
 * clients stay where they are. Redis says of everything that is published how many have heard it, and a node that begins to
 * hear asks who has answers in flight. What Redis says counts only where this node was among those who heard, so that it is
 * the one, and where nobody has asked since.
 */
final class Hearers {

    private static final long UNKNOWN = -1;

    private final Map<Long, Dialog> dialogs = new ConcurrentHashMap<>();

    /** @param hears whether this node does */
    private record Dialog(long questions, boolean hears, boolean alone) {}

    /** Begins to count; until more is known others may hear. */
    void follow(long dialogId) {
        dialogs.put(dialogId, new Dialog(0, false, false));
    }

    /** This node hears the dialog from now on. */
    void hear(long dialogId) {
        dialogs.computeIfPresent(dialogId, (id, dialog) -> new Dialog(dialog.questions(), true, dialog.alone()));
    }

    void unfollow(long dialogId) {
        dialogs.remove(dialogId);
    }

    /** Whether nobody else hears. */
    boolean isAlone(long dialogId) {
        Dialog dialog = dialogs.get(dialogId);
        return dialog != null && dialog.alone();
    }

    /** How many questions were heard so far, for {@link #heardBy}; to be asked for before something is published. */
    long questions(long dialogId) {
        Dialog dialog = dialogs.get(dialogId);
        return dialog == null || !dialog.hears() ? UNKNOWN : dialog.questions();
    }

    /** Another node has asked, or told something: it hears. */
    void met(long dialogId) {
        dialogs.computeIfPresent(dialogId, (id, dialog) -> new Dialog(dialog.questions() + 1, dialog.hears(), false));
    }

    /** So many have heard what was published, this node among them. */
    void heardBy(long dialogId, long questionsBefore, long receivers) {
        if (receivers == 1 && !isAlone(dialogId)) {
            dialogs.computeIfPresent(dialogId,
                    (id, dialog) -> dialog.questions() == questionsBefore
                            ? new Dialog(questionsBefore, dialog.hears(), true)
                            : dialog);
        }
    }

    /** Questions may have been missed: everybody may hear. */
    void forget() {
        dialogs.replaceAll((id, dialog) -> new Dialog(dialog.questions() + 1, dialog.hears(), false));
    }

    /** As {@link #forget}; and this node hears all that it follows. */
    void hearAll() {
        dialogs.replaceAll((id, dialog) -> new Dialog(dialog.questions() + 1, true, false));
    }
}
