package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import java.util.ArrayList;
import java.util.List;

/** A tab that can be made to hang, as in a debugger: nothing of it runs, no timer and no message, until it is woken up. */
final class HungTab {

    private static final double LOOK_AGAIN_MS = 30;

    private final Page page;
    private final CDPSession debugger;
    private final List<String> frames = new ArrayList<>();
    private boolean hangs;

    private HungTab(Page page) {
        this.page = page;
        this.debugger = page.context().newCDPSession(page);
        debugger.on("Debugger.paused", event -> hangs = true);
        debugger.on("Debugger.resumed", event -> hangs = false);
        page.onWebSocket(socket -> socket.onFrameSent(frame -> frames.add(frame.text())));
    }

    /** Of a page that has no WebSocket yet, so that what it sends can be seen. */
    static HungTab of(Page page) {
        return new HungTab(page);
    }

    void hang() {
        debugger.send("Debugger.enable");
        debugger.send("Debugger.pause");
        awaitHanging(true);
    }

    /** From now on {@link #framesSent} are those of the time after. */
    void wakeUp() {
        frames.clear();
        debugger.send("Debugger.resume");
        awaitHanging(false);
        debugger.send("Debugger.disable");
    }

    List<String> framesSent() {
        return frames;
    }

    private void awaitHanging(boolean wanted) {
        for (int i = 0; i < Person.PATIENCE_MS / LOOK_AGAIN_MS && hangs != wanted; i++) {
            page.waitForTimeout(LOOK_AGAIN_MS);
        }
        assertThat(hangs).isEqualTo(wanted);
    }
}
