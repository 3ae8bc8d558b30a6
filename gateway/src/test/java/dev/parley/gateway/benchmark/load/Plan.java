package dev.parley.gateway.benchmark.load;

import java.util.List;

/**
 * One run of the generator.
 *
 * @param firstDialog the number of the first of {@code dialogs} dialogs
 * @param followers of each dialog
 * @param writersFollow whether the first follower of each dialog writes its messages; else a few connections that follow
 *        nothing publish for all dialogs
 * @param stuck more of each dialog, who come when the window begins and read nothing
 * @param rate messages a second, over all dialogs; none where connections are only held
 * @param size of a text
 * @param warmUp seconds before the window, with the same load
 * @param seconds of the window
 * @param server whose processor time and memory are looked at, with all its children
 * @param database likewise; 0 where there is none
 * @param collect a command that makes the server collect its garbage
 */
public record Plan(Target target, Carrier carrier, Production production, long firstDialog, int dialogs, int followers,
        boolean writersFollow, int stuck, double rate, int size, int warmUp, int seconds, long server, long database,
        List<String> collect) {

    /** What carries messages to followers. */
    public enum Carrier {
        WEB_SOCKET, SSE, POLL
    }

    /** Where messages come from. */
    public enum Production {
        /** Clients, by WebSocket. */
        CLIENTS,
        /** A thread in the server, as a language model's words do. */
        INSIDE,
        /** Nowhere. */
        NONE
    }
}
