package dev.parley.gateway.benchmark.load;

import io.netty.buffer.ByteBuf;

/** One follower of one dialog. It wants every message, once and in order. */
final class Follower implements Stamp.Listener {

    private final int dialog;
    private final boolean isStuck;
    private final Tally tally;
    private int newest;
    private long missed;

    /** @param dialog counted from 0 */
    Follower(int dialog, boolean isStuck, Tally tally) {
        this.dialog = dialog;
        this.isStuck = isStuck;
        this.tally = tally;
    }

    int dialog() {
        return dialog;
    }

    boolean isStuck() {
        return isStuck;
    }

    void hear(ByteBuf bytes) {
        Stamp.find(bytes, this);
    }

    @Override
    public void found(long due, int number) {
        if (isStuck) {
            return;
        }
        tally.arrived(due, System.nanoTime());
        if (number <= newest) {
            tally.repeated++;
            return;
        }
        missed += number - newest - 1;
        newest = number;
    }

    /** How many of so many messages have not come, or not in their place. */
    long lost(int published) {
        return missed + published - newest;
    }
}
