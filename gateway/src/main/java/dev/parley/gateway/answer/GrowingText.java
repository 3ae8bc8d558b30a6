package dev.parley.gateway.answer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The text of an answer while it grows, and how much of it has been shown. What comes after a pause is shown at once; what
 * follows within the window is shown together when the window ends.
 *
 * <p>The pieces come on the model's thread, the windows end on the timer's, and a takeover comes on any. One short lock keeps
 * them apart, and what is shown is shown while it is held: nobody who has called {@link #hold()} or {@link #close()} sees
 * anything shown afterwards. So {@code screen} must not wait, nor call back.
 */
final class GrowingText {

    /** Where the text becomes visible. */
    interface Screen {
        void show(int offset, String text);
    }

    private final Duration window;
    private final Scheduler timer;
    private final Screen screen;
    private final StringBuilder text = new StringBuilder();
    private int shown;
    private long lastShownAt;
    private boolean everShown;
    private boolean held;
    private boolean closed;
    private Disposable timeout = Disposables.disposed();

    GrowingText(Duration window, Scheduler timer, Screen screen) {
        this.window = window;
        this.timer = timer;
        this.screen = screen;
    }

    /** Returns the length of the text. */
    synchronized int append(String piece) {
        if (!closed) {
            text.append(piece);
            showOrWait();
        }
        return text.length();
    }

    /** Shows nothing more until resumed. Returns all that was said, shown or not. */
    synchronized String hold() {
        held = true;
        timeout.dispose();
        return text.toString();
    }

    synchronized void resume() {
        held = false;
        if (!closed) {
            showOrWait();
        }
    }

    /** Shows nothing more, ever. Returns all that was said, shown or not. */
    synchronized String close() {
        closed = true;
        timeout.dispose();
        return text.toString();
    }

    private void showOrWait() {
        if (held || shown == text.length() || !timeout.isDisposed()) {
            return;
        }
        long since = timer.now(TimeUnit.NANOSECONDS) - lastShownAt;
        if (!everShown || since >= window.toNanos()) {
            show();
        } else {
            timeout = timer.schedule(this::windowEnds, window.toNanos() - since, TimeUnit.NANOSECONDS);
        }
    }

    private synchronized void windowEnds() {
        timeout.dispose();
        if (!held && !closed) {
            show();
        }
    }

    private void show() {
        if (shown == text.length()) {
            return;
        }
        int end = text.length();
        if (Character.isHighSurrogate(text.charAt(end - 1))) {
            end--; // its other half is still to come, and half a character cannot be encoded
        }
        if (end <= shown) {
            return;
        }
        everShown = true;
        lastShownAt = timer.now(TimeUnit.NANOSECONDS);
        screen.show(shown, text.substring(shown, end));
        shown = end;
    }
}
