package dev.parley.gateway.benchmark.server;

import dev.parley.gateway.benchmark.load.Stamp;

/**
 * Publishes to some dialogs in turn, each at a steady rate, from a thread inside the server: what arrives there from language
 * models. The same in all servers. It wakes up once a millisecond and publishes what is due; the stamps say when it woke up.
 *
 * @param first the number of the first of {@code dialogs} dialogs
 * @param rate messages a second of each dialog
 */
record Producer(long first, int dialogs, double rate, int seconds, int size) {

    /** Where messages go. */
    @FunctionalInterface
    interface Publish {
        void publish(long dialog, String text);
    }

    void start(Publish publish) {
        Thread.ofPlatform().daemon().name("producer").start(() -> run(publish));
    }

    private void run(Publish publish) {
        long total = Math.round(rate * seconds) * dialogs;
        long begin = System.nanoTime();
        long done = 0;
        while (done < total) {
            long now = System.nanoTime();
            long due = Math.min(total, (long) ((now - begin) / 1e9 * rate * dialogs));
            for (; done < due; done++) {
                int number = (int) (done / dialogs) + 1;
                publish.publish(first + done % dialogs, Stamp.text(now, number, size));
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException stopped) {
                return;
            }
        }
    }
}
