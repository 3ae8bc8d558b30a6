package dev.parley.gateway.replay;

import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Several visitors who ask at the same moment, and how long each had to wait for what:
 * {@code java -jar parley-gateway.jar ask --help}.
 */
@Command(name = "ask", sortOptions = false, usageHelpAutoWidth = true, description = {
        "Lets several visitors ask a running gateway at the same moment, and prints what each of them saw.",
        ""}, footer = {
                "", "It ends with 0 where every answer came to its end, with 1 where one did not."})
public final class AskCommand implements Callable<Integer> {

    private static final int MOST = 1_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--at", paramLabel = "<url>", description = "the gateway (${DEFAULT-VALUE})")
    private URI gateway = URI.create("http://localhost:8080");

    @Option(names = "--count", paramLabel = "<n>", description = "how many ask at once, 1 to 1000 (${DEFAULT-VALUE})")
    private int count = 5;

    @Option(names = "--assistant", paramLabel = "<id>", description = "whom they ask (${DEFAULT-VALUE})")
    private long assistantId = 1;

    @Option(names = "--question", paramLabel = "<text>", description = "what they ask (${DEFAULT-VALUE})")
    private String question = "What can you do for me?";

    @Option(names = "--patience", paramLabel = "<seconds>", description = "that an answer may take (${DEFAULT-VALUE})")
    private int patience = 300;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this")
    @SuppressWarnings("UnusedVariable") // it is picocli that reads it
    private boolean help;

    private AskCommand() {}

    /** Asks, prints, and returns the code to exit with; 2 for what cannot be understood. */
    public static int run(String... arguments) {
        // Without Spring nobody tells Logback that not all thoughts of libraries are wanted.
        LoggingSystem.get(AskCommand.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        return new CommandLine(new AskCommand()).setParameterExceptionHandler((failure, arguments) -> {
            CommandLine line = failure.getCommandLine();
            line.getErr().println(failure.getMessage() + "; --help shows what there is");
            return line.getCommandSpec().exitCodeOnInvalidInput();
        });
    }

    @Override
    public Integer call() throws InterruptedException {
        if (count < 1 || count > MOST) {
            throw wrong("--count: " + count + " (expected: 1 to " + MOST + ")");
        }
        if (patience < 1) {
            throw wrong("--patience: " + patience + " (expected: 1 or more)");
        }
        if (gateway.getHost() == null || !String.valueOf(gateway.getScheme()).startsWith("http")) {
            throw wrong("--at: " + gateway + " (expected: such as http://localhost:8080)");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        out.println("%d visitors ask %s at once: %s".formatted(count, gateway, question));
        out.flush();
        List<Answered> answers = new ArrayList<>();
        for (Future<Answered> asked : askAll()) {
            try {
                answers.add(asked.get());
            } catch (ExecutionException | CancellationException e) {
                err.println("One could not ask: " + reason(e.getCause()));
            }
        }
        if (answers.isEmpty()) {
            return CommandLine.ExitCode.SOFTWARE;
        }
        out.print(Table.of(answers));
        out.flush();
        return answers.size() == count && answers.stream().allMatch(Answered::isDone)
                ? CommandLine.ExitCode.OK
                : CommandLine.ExitCode.SOFTWARE;
    }

    /** They wait for each other before they ask, each in a thread of its own. */
    private List<Future<Answered>> askAll() throws InterruptedException {
        CyclicBarrier together = new CyclicBarrier(count);
        List<Callable<Answered>> all = new ArrayList<>();
        try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Asker asker = new Asker(http, gateway, assistantId);
            for (int i = 0; i < count; i++) {
                all.add(() -> ask(asker, together));
            }
            return threads.invokeAll(all, patience + 120L, java.util.concurrent.TimeUnit.SECONDS);
        }
    }

    private Answered ask(Asker asker, CyclicBarrier together) throws Exception {
        try {
            return asker.ask(question, together, Duration.ofSeconds(patience));
        } catch (Exception e) {
            together.reset(); // nobody need wait for this one
            throw e;
        }
    }

    private static String reason(@Nullable Throwable failure) {
        return switch (failure) {
            case null -> "it took too long";
            case java.net.ConnectException e -> "no gateway answers there; start it first, or say --at";
            case java.util.concurrent.BrokenBarrierException e -> "another one was not ready in time";
            default -> String.valueOf(failure.getMessage());
        };
    }

    private ParameterException wrong(String text) {
        return new ParameterException(spec.commandLine(), text);
    }
}
