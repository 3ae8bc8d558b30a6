package dev.parley.gateway.transport;

/** Where an outbox writes. All but {@code execute} and {@code unsent} is called by what {@code execute} runs. */
interface FrameTarget {

    boolean isWritable();

    void write(byte[] bytes);

    void flush();

    void execute(Runnable task);

    /** Bytes that were written and have not left the process. */
    long unsent();
}
