package dev.parley.gateway.client;

import java.io.IOException;

/** The server has closed the WebSocket. */
public final class ClosedException extends IOException {

    private final int code;

    ClosedException(int code) {
        super("closed with " + code);
        this.code = code;
    }

    public int code() {
        return code;
    }
}
