package dev.parley.gateway;

import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalModel;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Sinks;

/** The next answer of a model, that stands still after some of its words until the test has seen what it waits for. */
public final class HeldAnswer implements AutoCloseable {

    private final Map<Integer, Sinks.Empty<Void>> gates;

    private HeldAnswer(Map<Integer, Sinks.Empty<Void>> gates) {
        this.gates = gates;
    }

    public static HeldAnswer next(RehearsalModel model, Integer... afterWords) {
        var held = new HeldAnswer(Arrays.stream(afterWords)
                .collect(Collectors.toUnmodifiableMap(Function.identity(), words -> Sinks.empty())));
        model.next(new Fault.Holds(held.gates.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, gate -> gate.getValue().asMono()))));
        return held;
    }

    public void goOn(int afterWords) {
        Sinks.Empty<Void> gate = gates.get(afterWords);
        if (gate == null) {
            throw new IllegalArgumentException("It is not held after " + afterWords + " words.");
        }
        gate.tryEmitEmpty();
    }

    @Override
    public void close() {
        gates.values().forEach(Sinks.Empty::tryEmitEmpty);
    }
}
