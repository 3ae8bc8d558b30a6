package dev.parley.gateway.answer;

/** How many answers may run at once on this node. Guarded by the {@link AnswerQueue}. */
final class AnswerSlots {

    private final int most;
    /** As the models have it. */
    private int bearable;
    /** Slots that this node holds, in the cluster or by itself. */
    private int held;
    /** With those that it would be given for the asking, as far as is known. */
    private int hoped;
    /** When they are not its own any more, in the queue's nanoseconds; of no interest where they are for good. */
    private long until;
    private boolean isForGood = true;

    AnswerSlots(int most) {
        this.most = most;
        this.bearable = most;
        this.held = most;
        this.hoped = most;
    }

    void bear(int running) {
        bearable = Math.clamp(running, 1, most);
    }

    /** Holds so many until then. */
    void hold(int slots, int hope, long end) {
        held = slots;
        hoped = hope;
        until = end;
        isForGood = false;
    }

    void holdForGood(int slots) {
        held = slots;
        hoped = slots;
        isForGood = true;
    }

    /** Lets go of what is not used. */
    void letGo(int used) {
        held = Math.min(held, used);
    }

    /** One that was used is not any more. It is not for the next one here, where somebody elsewhere may have waited longer. */
    void left() {
        if (!isForGood) {
            held = Math.max(0, held - 1);
        }
    }

    int held() {
        return held;
    }

    int bearable() {
        return bearable;
    }

    /**
     * So many may run. Nothing new starts in a slot whose time is over: another node may have been given it. What runs there
     * goes on, and does no harm but that one more runs than should, since only the node that the database knows to have an
     * answer can store it ({@code answers.node}, {@code nodes.alive_until}).
     */
    int usable(long now) {
        return isForGood || now - until < 0 ? Math.min(bearable, held) : 0;
    }

    /** Whether what is at this place starts as soon as a slot is asked for. */
    boolean areInReach(int place) {
        return place > held && place <= Math.min(bearable, hoped);
    }
}
