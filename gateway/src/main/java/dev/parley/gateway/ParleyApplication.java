package dev.parley.gateway;

import dev.parley.gateway.rehearsal.RehearsalCommand;
import dev.parley.gateway.replay.AskCommand;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the gateway, or one of the tools that come with it. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class ParleyApplication {

    /**
     * Starts one node and returns when it is ready; the server's own threads keep the process alive. With the name of a tool
     * as the first argument the process is that tool instead, and nothing else.
     */
    public static void main(String[] arguments) {
        String first = arguments.length == 0 ? "" : arguments[0];
        switch (first) {
            case "rehearsal" -> System.exit(RehearsalCommand.run(rest(arguments)));
            case "ask" -> System.exit(AskCommand.run(rest(arguments)));
            default -> SpringApplication.run(ParleyApplication.class, arguments);
        }
    }

    private static String[] rest(String[] arguments) {
        return Arrays.copyOfRange(arguments, 1, arguments.length);
    }
}
