package dev.parley.gateway.rehearsal;

import static dev.parley.gateway.rehearsal.RehearsalSettings.require;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Which models are in memory, for how long, and for how many at once.
 *
 * @param load time that a cold model takes to load, in which nothing is sent, not even the status
 * @param parallel how many answers one model gives at once; the others wait in order, as with {@code OLLAMA_NUM_PARALLEL}
 * @param maxQueue how many requests for cold models may wait before others get a 503, as with {@code OLLAMA_MAX_QUEUE}
 * @param maxLoaded how many models are in memory at once, as with {@code OLLAMA_MAX_LOADED_MODELS}
 * @param keepAlive how long an idle model stays, unless a request says otherwise
 * @param psDelay how long {@code /api/ps} takes
 * @param oneByOne beginnings of the names of models that never give more than one answer at once, whatever
 * {@code parallel} says; hyphens, dots and underscores do not count
 */
public record Memory(Duration load, int parallel, int maxQueue, int maxLoaded, Duration keepAlive, Duration psDelay,
        List<String> oneByOne) {

    /** Of which Ollama itself says so. */
    private static final List<String> FAMILIES = List.of("mllama", "qwen3vl", "qwen35", "qwen3next", "lfm2",
            "nemotronh");

    public Memory {
        require(!load.isNegative(), "load", load, ">= 0");
        require(parallel >= 1, "parallel", parallel, ">= 1");
        require(maxQueue >= 0, "maxQueue", maxQueue, ">= 0");
        require(maxLoaded >= 1, "maxLoaded", maxLoaded, ">= 1");
        require(!keepAlive.isNegative(), "keepAlive", keepAlive, ">= 0");
        require(!psDelay.isNegative(), "psDelay", psDelay, ">= 0");
        oneByOne = List.copyOf(oneByOne);
    }

    /** As Ollama's, but for a load that takes no time and five answers at once. */
    public static Memory defaults() {
        return new Memory(Duration.ZERO, 5, 512, 3, Duration.ofMinutes(5), Duration.ZERO, FAMILIES);
    }

    public Memory withLoad(Duration load) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withParallel(int parallel) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withMaxQueue(int maxQueue) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withMaxLoaded(int maxLoaded) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withKeepAlive(Duration keepAlive) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withPsDelay(Duration psDelay) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, oneByOne);
    }

    public Memory withOneByOne(List<String> beginnings) {
        return new Memory(load, parallel, maxQueue, maxLoaded, keepAlive, psDelay, beginnings);
    }

    int parallel(String model) {
        String name = plain(model);
        return oneByOne.stream().map(Memory::plain).anyMatch(name::startsWith) ? 1 : parallel;
    }

    private static String plain(String name) {
        return name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT).replaceAll("[-._]", "");
    }
}
