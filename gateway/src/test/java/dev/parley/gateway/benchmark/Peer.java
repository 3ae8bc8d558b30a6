package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.load.Target;
import java.util.List;

/** One of those that are compared. */
interface Peer {

    String name();

    default boolean takesPartIn(Scenario scenario) {
        return true;
    }

    /** Starts a fresh process, ready for the scenario. */
    Running start(Scenario scenario) throws Exception;

    /**
     * A peer that runs.
     *
     * @param firstDialog the number of the first of the scenario's dialogs
     * @param database the process of its database; 0 where it has none
     * @param collect a command that makes it collect its garbage
     */
    record Running(ServerProcess server, Target target, long firstDialog, long database, List<String> collect)
            implements
                AutoCloseable {

        @Override
        public void close() {
            server.close();
        }
    }
}
