package dev.parley.gateway.model;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A server of models that does what a test says. */
final class FakeServer implements ModelServer {

    static final Flux<ModelEvent> FINE = Flux.just(new ModelEvent.Text("fine"), new ModelEvent.Done("stop", 1, 1));

    final String url;
    final List<String> asked = new ArrayList<>();
    final List<Sinks.Empty<Void>> loads = new ArrayList<>();
    private final Deque<Flux<ModelEvent>> answers = new ArrayDeque<>();
    ModelKind kind = ModelKind.OLLAMA;
    boolean reachable = true;
    boolean loadsAtOnce;
    List<Loaded> loaded = List.of();
    int cancelled;

    FakeServer(String url) {
        this.url = url;
    }

    static FakeServer warm(String url) {
        FakeServer server = new FakeServer(url);
        server.loadsAtOnce = true;
        return server;
    }

    /** What it answers next; where nothing was said, {@link #FINE}. */
    FakeServer answering(Flux<ModelEvent> next) {
        answers.add(next);
        return this;
    }

    static Flux<ModelEvent> failing(ModelException.Kind kind) {
        return Flux.error(new ModelException(kind, "it fails: " + kind, null));
    }

    static Flux<ModelEvent> nobodyThere(IOException why) {
        return Flux.error(ModelFailures.beforeHeaders(why));
    }

    static Flux<ModelEvent> silent() {
        return Flux.never();
    }

    static Flux<ModelEvent> saying(String word) {
        return Flux.just(new ModelEvent.Text(word));
    }

    @Override
    public Flux<ModelEvent> chat(ModelRequest request) {
        return Flux.defer(() -> {
            asked.add(request.model());
            Flux<ModelEvent> next = answers.poll();
            return next == null ? FINE : next;
        }).doOnCancel(() -> cancelled++);
    }

    @Override
    public Mono<Void> load(String model) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> load = Sinks.empty();
            loads.add(load);
            return loadsAtOnce ? Mono.empty() : load.asMono();
        });
    }

    void loadEnds() {
        loads.getLast().tryEmitEmpty();
    }

    void loadFails(ModelException.Kind kind) {
        loads.getLast().tryEmitError(new ModelException(kind, "it cannot be loaded", null));
    }

    void holds(String model, @Nullable Instant until) {
        loaded = List.of(new Loaded(model, until));
    }

    @Override
    public ModelKind kind() {
        return kind;
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public String defaultModel() {
        return "llama3.2";
    }

    @Override
    public int contextTokens() {
        return 4096;
    }

    @Override
    public Mono<Boolean> reachable() {
        return Mono.fromSupplier(() -> reachable);
    }

    @Override
    public boolean loadsModels() {
        return kind == ModelKind.OLLAMA;
    }

    @Override
    public Mono<List<Loaded>> loaded() {
        return Mono.fromSupplier(() -> loaded);
    }

    @Override
    public void close() {}
}
