package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Connection.Incoming;
import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Counts;
import dev.parley.gateway.rehearsal.RehearsalLedger.Loads;
import dev.parley.gateway.rehearsal.RehearsalLedger.Start;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a program over HTTP can do that a test in the process can:
 *
 * <pre>
 * GET, DELETE  /rehearsal/ledger    what has been seen; forgets it
 * GET, PATCH   /rehearsal/settings  how it behaves; changes what is given, for all that comes from then on
 * POST, DELETE /rehearsal/faults    {"fault": "stall 3", "times": 2} lets that go wrong next; takes back what waits
 * </pre>
 */
final class Controls {

    private final RehearsalModel model;

    Controls(RehearsalModel model) {
        this.model = model;
    }

    void accept(Incoming request, Reply reply) {
        try {
            Object answer = switch (request.method() + " " + request.path()) {
                case "GET /rehearsal/ledger" -> ledger();
                case "DELETE /rehearsal/ledger" -> {
                    model.ledger().clear();
                    yield ledger();
                }
                case "GET /rehearsal/settings" -> model.settings();
                case "PATCH /rehearsal/settings" -> {
                    model.change(patched(model.settings(), request.bytes()));
                    yield model.settings();
                }
                case "POST /rehearsal/faults" -> {
                    RehearsalJson.MAPPER.readValue(request.bytes(), Queued.class).faults().forEach(model::next);
                    yield Map.of("queued", model.queuedFaults());
                }
                case "DELETE /rehearsal/faults" -> {
                    model.forgetFaults();
                    yield Map.of("queued", model.queuedFaults());
                }
                default -> throw new OllamaError(404, "not found; there are ledger, settings and faults");
            };
            Endpoints.json(reply, 200, answer);
        } catch (OllamaError e) {
            Endpoints.json(reply, e.status(), Map.of("error", e.text()));
        } catch (JacksonException e) {
            Endpoints.json(reply, 400, Map.of("error", cause(e)));
        } catch (IllegalArgumentException | IllegalStateException e) {
            Endpoints.json(reply, 400, Map.of("error", String.valueOf(e.getMessage())));
        }
    }

    private Ledger ledger() {
        RehearsalLedger ledger = model.ledger();
        return new Ledger(ledger.counts(), ledger.loads(), ledger.starts(), ledger.chats());
    }

    /** The settings with all that was given put over them; objects in each other are merged. */
    static RehearsalSettings patched(RehearsalSettings settings, byte[] patch) {
        ObjectNode tree = RehearsalJson.MAPPER.valueToTree(settings);
        JsonNode changes = RehearsalJson.MAPPER.readTree(patch);
        if (!changes.isObject()) {
            throw new IllegalArgumentException("not an object");
        }
        merge(tree, changes);
        return RehearsalJson.STRICT.treeToValue(tree, RehearsalSettings.class);
    }

    private static void merge(ObjectNode tree, JsonNode changes) {
        changes.properties().forEach(change -> {
            if (tree.get(change.getKey()) instanceof ObjectNode inner && change.getValue().isObject()) {
                merge(inner, change.getValue());
            } else {
                tree.set(change.getKey(), change.getValue());
            }
        });
    }

    /** What the settings themselves say of a wrong value, where Jackson only wraps it. */
    private static String cause(JacksonException failure) {
        return failure.getCause() instanceof IllegalArgumentException wrong
                ? String.valueOf(wrong.getMessage())
                : failure.getOriginalMessage();
    }

    private record Ledger(Counts counts, Map<String, Loads> loads, List<Start> starts, List<Chat> chats) {}

    private record Queued(@Nullable String fault, @Nullable Integer times) {

        private List<Fault> faults() {
            Fault wished = fault == null ? null : Fault.of(fault, "model");
            if (wished == null) {
                throw new IllegalArgumentException("fault: " + fault + " (expected: such as 'stall 3')");
            }
            return Stream.generate(() -> wished).limit(times == null ? 1 : Math.clamp(times, 0, 1_000)).toList();
        }
    }
}
