package dev.parley.gateway.embedded;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All that is needed to start the server, any number of times one after the other. */
record PostgresInstallation(PostgresBinaries binaries, Path cluster, ServerUser user, int maxConnections) {

    /** The command that becomes the server. */
    List<String> command(int port) {
        List<String> settings = List.of("listen_addresses=" + Postmaster.HOST, "port=" + port,
                "unix_socket_directories=",
                "fsync=on", "shared_buffers=128MB", "max_connections=" + maxConnections, "jit=off",
                "logging_collector=off", "log_destination=stderr", "log_line_prefix=", "lc_messages=C",
                // No details: they hold the data of the row, which is what people wrote.
                "log_error_verbosity=terse");
        List<String> command = new ArrayList<>(List.of(binaries.program("postgres"), "-D", cluster.toString()));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return OwnSession.command(user.command(command));
    }
}
