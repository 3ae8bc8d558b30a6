package dev.parley.gateway.rehearsal;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The rehearsal model by itself, from the command line: {@code java -jar parley-gateway.jar rehearsal --help}. */
@Command(name = "rehearsal", sortOptions = false, mixinStandardHelpOptions = false, usageHelpAutoWidth = true, description = {
        "A double of Ollama: it speaks Ollama's protocol, and no language model runs.", ""}, footer = {"",
                "Durations are written as 300ms, 1.5s, 5m or 1h; a bare number is seconds.",
                "A message may ask for its answer: '/say <text>', '/long <words>', '/fault <fault>'.",
                "A fault is one of bad, missing, broken, busy, cancelled, proxy, leak, or with a number of tokens",
                "error, end, half, cut, reset, stall, garbage, overlong, or 'pause <tokens> <duration>'.",
                "A request may bring wishes in the header X-Sim, or behind a # in the model's name:",
                "  X-Sim: user=ada; thinking=20; tool=weather; fault=end 30"})
public final class RehearsalCommand implements Runnable {

    static final int OLLAMAS_PORT = 11_434;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--port", paramLabel = "<port>", description = "where it listens on 127.0.0.1; 0 picks a free one "
            + "(${DEFAULT-VALUE})")
    private int port = OLLAMAS_PORT;

    @Option(names = "--model", paramLabel = "<name>", description = "a model that it has; give it several times for "
            + "several (llama3.2)")
    private List<String> models = List.of("llama3.2");

    @Option(names = "--only", description = "say 404 for every other model, instead of answering under any name")
    private boolean only;

    @Option(names = "--fault", paramLabel = "<fault>", description = "what goes wrong with every answer")
    private String fault = "";

    @Option(names = "--seed", paramLabel = "<number>", description = "where the variation of the pace comes from "
            + "(${DEFAULT-VALUE})")
    private long seed = 1;

    @ArgGroup(exclusive = false, validate = false, heading = "%nHow fast it is:%n")
    private PaceOptions pace = new PaceOptions();

    @ArgGroup(exclusive = false, validate = false, heading = "%nWhat it has in memory:%n")
    private MemoryOptions memory = new MemoryOptions();

    @ArgGroup(exclusive = false, validate = false, heading = "%nHow lines are cut on their way:%n")
    private WireOptions wire = new WireOptions();

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this")
    @SuppressWarnings("UnusedVariable") // it is picocli that reads it
    private boolean help;

    private RehearsalCommand() {}

    /** Runs it until somebody stops the process; returns the code to exit with: 2 for what cannot be understood. */
    public static int run(String... arguments) {
        // Without Spring nobody tells Logback that not all of Netty's thoughts are wanted.
        LoggingSystem.get(RehearsalCommand.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME,
                LogLevel.WARN);
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        return commandLine(new RehearsalCommand());
    }

    /** What such arguments mean. */
    static RehearsalSettings settings(String... arguments) {
        var command = new RehearsalCommand();
        commandLine(command).parseArgs(arguments);
        return command.settings();
    }

    private static CommandLine commandLine(RehearsalCommand command) {
        return new CommandLine(command)
                .registerConverter(Duration.class, new DurationConverter())
                .setParameterExceptionHandler((failure, arguments) -> {
                    CommandLine line = failure.getCommandLine();
                    line.getErr().println(failure.getMessage() + "; --help shows what there is");
                    return line.getCommandSpec().exitCodeOnInvalidInput();
                })
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("The rehearsal model cannot start: " + failure.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                });
    }

    @Override
    public void run() {
        RehearsalSettings settings = settings();
        try (RehearsalModel model = RehearsalModel.start(settings)) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("The rehearsal model answers at " + model.url() + " for " + String.join(", ", settings.models())
                    + (only ? "" : " and any other name") + "; Ctrl-C stops it; what it has seen is at " + model.url()
                    + "/rehearsal/ledger");
            out.flush();
            model.awaitClose();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private RehearsalSettings settings() {
        try {
            return new RehearsalSettings(port, models, !only, pace.pace(), memory.memory(), wire.wire(),
                    fault.isEmpty() ? null : fault, seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private static final class PaceOptions {

        @Option(names = "--tokens-per-second", paramLabel = "<rate>", description = "of one answer; 0: without pauses "
                + "(${DEFAULT-VALUE})")
        private double tokensPerSecond = 30;

        @Option(names = "--jitter", paramLabel = "<part>", description = "by what part of itself each pause varies, 0 to 1 "
                + "(${DEFAULT-VALUE})")
        private double jitter = 0.1;

        @Option(names = "--first-token", paramLabel = "<time>", description = "from a slot to the first token (300ms)")
        private Duration firstToken = Duration.ofMillis(300);

        @Option(names = "--prefill-per-token", paramLabel = "<time>", description = "and so much more for each token of "
                + "the prompt (0)")
        private Duration prefillPerToken = Duration.ZERO;

        @Option(names = "--load-factor", paramLabel = "<factor>", description = "how many times slower a token is when "
                + "all slots are taken; as large as --parallel, all answers together are no faster than one "
                + "(${DEFAULT-VALUE})")
        private double loadFactor = 1;

        @Option(names = "--prefill-goes-on", description = "read a prompt to its end when its client has left, and keep "
                + "the slot for that")
        private boolean prefillGoesOn;

        private Pace pace() {
            return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
        }
    }

    private static final class MemoryOptions {

        @Option(names = "--load", paramLabel = "<time>", description = "that a cold model takes to load (0)")
        private Duration load = Duration.ZERO;

        @Option(names = "--parallel", paramLabel = "<number>", description = "answers of one model at once, as "
                + "OLLAMA_NUM_PARALLEL (${DEFAULT-VALUE})")
        private int parallel = 5;

        @Option(names = "--max-queue", paramLabel = "<number>", description = "requests that wait for a load, as "
                + "OLLAMA_MAX_QUEUE (${DEFAULT-VALUE})")
        private int maxQueue = 512;

        @Option(names = "--max-loaded", paramLabel = "<number>", description = "models in memory, as "
                + "OLLAMA_MAX_LOADED_MODELS (${DEFAULT-VALUE})")
        private int maxLoaded = 3;

        @Option(names = "--keep-alive", paramLabel = "<time>", description = "that an idle model stays, as "
                + "OLLAMA_KEEP_ALIVE (5m)")
        private Duration keepAlive = Duration.ofMinutes(5);

        @Option(names = "--ps-delay", paramLabel = "<time>", description = "that /api/ps takes (0)")
        private Duration psDelay = Duration.ZERO;

        @Option(names = "--one-by-one", paramLabel = "<name>", description = "beginning of the names of models that "
                + "never give more than one answer at once; may be given several times (what Ollama has)")
        private List<String> oneByOne = Memory.defaults().oneByOne();

        private Memory memory() {
            return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
        }
    }

    private static final class WireOptions {

        @Option(names = "--lines-per-write", paramLabel = "<number>", description = "that go together "
                + "(${DEFAULT-VALUE})")
        private int linesPerWrite = 1;

        @Option(names = "--piece-bytes", paramLabel = "<bytes>", description = "cut lines into pieces of so many bytes; "
                + "0: not (${DEFAULT-VALUE})")
        private int pieceBytes;

        @Option(names = "--split-at", paramLabel = "<bytes>", description = "cut each line once, after so many bytes; "
                + "0: not (${DEFAULT-VALUE})")
        private int splitAt;

        @Option(names = "--split-characters", description = "cut each line in the middle of its first character of "
                + "several bytes")
        private boolean splitCharacters;

        private Wire wire() {
            return new Wire(linesPerWrite, pieceBytes, splitAt, splitCharacters);
        }
    }

    private static final class DurationConverter implements ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            try {
                return Durations.of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
