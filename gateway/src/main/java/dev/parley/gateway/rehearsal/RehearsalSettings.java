package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the rehearsal model behaves. Start from {@link #defaults()} and change what matters.
 *
 * @param port where it listens, on the loopback address only; 0 picks a free one
 * @param models the models that it says it has
 * @param anyModel whether it answers under every other name, too; else those get a 404
 * @param fault what goes wrong with every answer for which no other fault was asked, in the words of {@link Fault}
 * @param seed where the variation of the pace comes from
 */
public record RehearsalSettings(int port, List<String> models, boolean anyModel, Pace pace, Memory memory, Wire wire,
        @Nullable String fault, long seed) {

    public RehearsalSettings {
        require(port >= 0 && port <= 65_535, "port", port, "0 to 65535");
        models = List.copyOf(models);
        require(!models.isEmpty() && models.stream().noneMatch(String::isBlank), "models", models, "names");
        require(fault == null || Fault.of(fault, "") != null, "fault", fault, "such as 'stall 3'");
    }

    /** A model that is warm, quick and patient, on a free port. */
    public static RehearsalSettings defaults() {
        return new RehearsalSettings(0, List.of("rehearsal"), true, Pace.defaults(), Memory.defaults(),
                Wire.defaults(), null, 1);
    }

    public RehearsalSettings withPort(int port) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    /** The model that it says it has. */
    public RehearsalSettings withModel(String model) {
        return new RehearsalSettings(port, List.of(model), anyModel, pace, memory, wire, fault, seed);
    }

    /** These models, and no others. */
    public RehearsalSettings withOnly(String... models) {
        return new RehearsalSettings(port, List.of(models), false, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withPace(Pace pace) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withMemory(Memory memory) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withWire(Wire wire) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withFault(@Nullable String fault) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withSeed(long seed) {
        return new RehearsalSettings(port, models, anyModel, pace, memory, wire, fault, seed);
    }

    public RehearsalSettings withTokensPerSecond(double tokensPerSecond) {
        return withPace(pace.withTokensPerSecond(tokensPerSecond));
    }

    public RehearsalSettings withFirstToken(Duration firstToken) {
        return withPace(pace.withFirstToken(firstToken));
    }

    public RehearsalSettings withLoad(Duration load) {
        return withMemory(memory.withLoad(load));
    }

    public RehearsalSettings withParallel(int parallel) {
        return withMemory(memory.withParallel(parallel));
    }

    public RehearsalSettings withPieceBytes(int pieceBytes) {
        return withWire(wire.withPieceBytes(pieceBytes));
    }

    boolean has(String model) {
        return anyModel || models.stream().anyMatch(name -> tagged(name).equals(tagged(model)));
    }

    /** The whole name: without a tag, the latest is meant. */
    static String tagged(String model) {
        return model.contains(":") ? model : model + ":latest";
    }

    static void require(boolean holds, String name, @Nullable Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
