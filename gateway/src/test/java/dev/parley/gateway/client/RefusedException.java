package dev.parley.gateway.client;

import java.io.IOException;

/** The gateway has answered with an error. */
public final class RefusedException extends IOException {

    private final int status;

    RefusedException(int status, String body) {
        super(status + " " + body);
        this.status = status;
    }

    public int status() {
        return status;
    }
}
