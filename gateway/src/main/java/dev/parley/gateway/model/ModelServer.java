package dev.parley.gateway.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A server that has models, as one of several: what has to be known of it to choose among them. */
public interface ModelServer extends ChatModel, AutoCloseable {

    ModelKind kind();

    /** Where it is, for people to read. */
    String url();

    /** The model of assistants that name none. */
    String defaultModel();

    /** How much a conversation may hold, with its answer. */
    int contextTokens();

    /** Whether it answers at all now: within seconds, and never an error. */
    Mono<Boolean> reachable();

    /** Whether a model takes long to come to life here, and has to be loaded before it is asked. */
    boolean loadsModels();

    /** The models that are loaded; an error where it does not say, which means nothing. */
    Mono<List<Loaded>> loaded();

    /**
     * Loads a model with the very options of every request, and completes when it is loaded. Cancelling it may make the
     * server give up the load, so nobody who merely waits for it should. It has no time limit of its own.
     */
    Mono<Void> load(String model);

    @Override
    void close();

    /**
     * A model in memory.
     *
     * @param until when it will be dropped unless it is asked; absent where that is not said
     */
    record Loaded(String model, @Nullable Instant until) {}
}
