package dev.parley.gateway.client;

import java.io.IOException;

/**
 * A dialog as one client sees it.
 *
 * @param address of the gateway, such as {@code http://localhost:8080}
 * @param audience {@code widget}, {@code site}, or nothing for operators
 * @param echo whether the client wants its own side's messages, too; operators always get them
 * @param receiveBuffer how many bytes the client's kernel takes while nobody reads; 0: as many as it likes
 */
public record FollowedDialog(String address, String audience, long id, String token, boolean echo, int receiveBuffer) {

    public FollowedDialog withReceiveBuffer(int bytes) {
        return new FollowedDialog(address, audience, id, token, echo, bytes);
    }

    Wire connect() throws IOException {
        return Wire.to(address, receiveBuffer);
    }

    /** Whether every message of the log is shown to this client. */
    boolean seesAll() {
        return echo || audience.isEmpty();
    }

    /** Where it is over this transport: {@code ws}, {@code sse}, {@code poll} or {@code api}. */
    String path(String transport) {
        return "/" + transport + (audience.isEmpty() ? "" : "/" + audience) + "/dialogs/" + id;
    }

    /** Where it is followed from a cursor on; from now on where that is empty. */
    String path(String transport, String cursor) {
        return path(transport) + "?echo=" + echo + (cursor.isEmpty() ? "" : "&since=" + cursor);
    }
}
