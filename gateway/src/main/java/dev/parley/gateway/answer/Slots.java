package dev.parley.gateway.answer;

/** Tells the queue how many answers may run on this node, of all that may in the cluster. Safe for all threads. */
interface Slots {

    /** Of a gateway that is one node: they are all its own, which is what a queue begins with. */
    Slots OWN = new Slots() {

        @Override
        public void open(Runnable changed) {}

        @Override
        public void check() {}

        @Override
        public boolean degraded() {
            return false;
        }

        @Override
        public void close() {}
    };

    /**
     * @param changed starts what may, then calls {@link #check}; run whenever the queue has got slots, on any thread, so it must
     *        not wait
     */
    void open(Runnable changed);

    /** Something has changed in the queue, of which all has started that may. */
    void check();

    /** Whether this node goes by its share alone, since nobody can be asked. */
    boolean degraded();

    void close();
}
