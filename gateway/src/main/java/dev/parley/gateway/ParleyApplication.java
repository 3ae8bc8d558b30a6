package dev.parley.gateway;

import dev.parley.gateway.rehearsal.RehearsalCommand;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the gateway. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class ParleyApplication {

    private static final String REHEARSAL = "rehearsal";

    /**
     * Starts one node and returns when it is ready; the server's own threads keep the process alive. With {@value #REHEARSAL}
     * as the first argument the process is a double of Ollama instead, and nothing else.
     */
    public static void main(String[] arguments) {
        if (arguments.length > 0 && arguments[0].equals(REHEARSAL)) {
            System.exit(RehearsalCommand.run(Arrays.copyOfRange(arguments, 1, arguments.length)));
        }
        SpringApplication.run(ParleyApplication.class, arguments);
    }
}
