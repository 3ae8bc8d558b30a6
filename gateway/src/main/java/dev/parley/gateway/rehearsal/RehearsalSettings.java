package dev.parley.gateway.rehearsal;

import java.time.Duration;

/**
 * How the rehearsal model behaves. Start from {@link #defaults()} and change what matters.
 *
 * @param port where it listens, on the loopback address only; 0 picks a free one
 * @param model the model that it says it has; it answers under every name
 * @param tokensPerSecond how fast one answer grows, give or take a tenth for each token; 0: without any pause
 * @param firstToken time from a slot to the first token
 * @param load time that a cold model takes to load, in which nothing is sent, not even the status
 * @param parallel how many answers it gives at once; the others wait in order, as with {@code OLLAMA_NUM_PARALLEL}
 * @param pieceBytes every line is sent in pieces of so many bytes, so that characters are cut; 0: whole lines
 * @param seed where the variation of the pace comes from
 */
public record RehearsalSettings(int port, String model, double tokensPerSecond, Duration firstToken, Duration load,
        int parallel, int pieceBytes, long seed) {

    public RehearsalSettings {
        require(port >= 0 && port <= 65_535, "port", port, "0 to 65535");
        require(!model.isBlank(), "model", model, "a name");
        require(tokensPerSecond >= 0, "tokensPerSecond", tokensPerSecond, ">= 0");
        require(!firstToken.isNegative(), "firstToken", firstToken, ">= 0");
        require(!load.isNegative(), "load", load, ">= 0");
        require(parallel >= 1, "parallel", parallel, ">= 1");
        require(pieceBytes >= 0, "pieceBytes", pieceBytes, ">= 0");
    }

    /** A model that is warm, quick and patient, on a free port. */
    public static RehearsalSettings defaults() {
        return new RehearsalSettings(0, "rehearsal", 30, Duration.ofMillis(300), Duration.ZERO, 5, 0, 1);
    }

    public RehearsalSettings withPort(int port) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withModel(String model) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withTokensPerSecond(double tokensPerSecond) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withFirstToken(Duration firstToken) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withLoad(Duration load) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withParallel(int parallel) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withPieceBytes(int pieceBytes) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    public RehearsalSettings withSeed(long seed) {
        return new RehearsalSettings(port, model, tokensPerSecond, firstToken, load, parallel, pieceBytes, seed);
    }

    private static void require(boolean holds, String name, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
