package dev.parley.gateway.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a program in a session of its own, in the same process. Else Ctrl-C in the terminal would stop PostgreSQL together
 * with the gateway, which still has to write what is in flight.
 */
final class OwnSession {

    private static final List<List<String>> WAYS = List.of(List.of("/usr/bin/setsid"), List.of("/bin/setsid"),
            // macOS has no setsid, but Perl.
            List.of("/usr/bin/perl", "-MPOSIX", "-e", "POSIX::setsid(); exec { $ARGV[0] } @ARGV or die qq($!\\n)"));

    private OwnSession() {}

    static List<String> command(List<String> command) {
        for (List<String> way : WAYS) {
            if (Files.isExecutable(Path.of(way.getFirst()))) {
                List<String> whole = new ArrayList<>(way);
                whole.addAll(command);
                return whole;
            }
        }
        return command;
    }
}
