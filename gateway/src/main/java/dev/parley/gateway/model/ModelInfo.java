package dev.parley.gateway.model;

/**
 * Which model answers, for people to read.
 *
 * @param kind {@link #OLLAMA} or {@link #REHEARSAL}
 * @param url where it is
 * @param model the model of assistants that name none
 */
public record ModelInfo(String kind, String url, String model) {

    /** A real Ollama. */
    public static final String OLLAMA = "ollama";

    /** The rehearsal model: no language model runs. */
    public static final String REHEARSAL = "rehearsal";
}
