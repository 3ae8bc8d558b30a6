package dev.parley.gateway.console;

import dev.parley.gateway.access.Assistant;
import dev.parley.gateway.access.AssistantChange;
import dev.parley.gateway.access.Assistants;
import dev.parley.gateway.access.Origins;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import dev.parley.gateway.web.Parameters;
import java.net.URI;
import java.util.List;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code /api/assistants}. */
@Component
final class AssistantHandler {

    private static final int MAX_NAME = 100;
    private static final int MAX_GREETING = 2_000;
    private static final int MAX_PROMPT = 20_000;
    private static final int MAX_MODEL = 200;
    private static final int MAX_ORIGINS = 100;

    private final Assistants assistants;
    private final JsonBodies bodies;

    AssistantHandler(Assistants assistants, JsonBodies bodies) {
        this.assistants = assistants;
        this.bodies = bodies;
    }

    Mono<ServerResponse> list(ServerRequest request) {
        Page page = Page.of(request);
        return assistants.list(page.afterId(), page.readLimit())
                .flatMap(found -> page.answer("assistants", found, Assistant::id));
    }

    Mono<ServerResponse> create(ServerRequest request) {
        return bodies.read(request, AssistantChange.class)
                .flatMap(first -> {
                    Fields.required("name", first.name());
                    return assistants.create(checked(first));
                })
                .flatMap(assistant -> ServerResponse.created(URI.create("/api/assistants/" + assistant.id()))
                        .bodyValue(assistant));
    }

    Mono<ServerResponse> read(ServerRequest request) {
        return answer(assistants.read(Parameters.pathId(request, "id")));
    }

    Mono<ServerResponse> change(ServerRequest request) {
        long id = Parameters.pathId(request, "id");
        return answer(bodies.read(request, AssistantChange.class)
                .flatMap(change -> assistants.change(id, checked(change))));
    }

    Mono<ServerResponse> disable(ServerRequest request) {
        return answer(assistants.setDisabled(Parameters.pathId(request, "id"), true));
    }

    Mono<ServerResponse> enable(ServerRequest request) {
        return answer(assistants.setDisabled(Parameters.pathId(request, "id"), false));
    }

    private static Mono<ServerResponse> answer(Mono<Assistant> assistant) {
        return assistant.flatMap(found -> ServerResponse.ok().bodyValue(found));
    }

    private static AssistantChange checked(AssistantChange change) {
        return new AssistantChange(
                Fields.ifGiven(change.name(), name -> Fields.line("name", name, 1, MAX_NAME)),
                Fields.ifGiven(change.greeting(), greeting -> Fields.text("greeting", greeting, 0, MAX_GREETING)),
                Fields.ifGiven(change.systemPrompt(), prompt -> Fields.text("system_prompt", prompt, 0, MAX_PROMPT)),
                change.backend(),
                Fields.ifGiven(change.model(), model -> Fields.line("model", model, 0, MAX_MODEL)),
                Fields.ifGiven(change.allowedOrigins(), AssistantHandler::origins));
    }

    private static List<String> origins(List<String> given) {
        if (given.size() > MAX_ORIGINS) {
            throw Fields.wrong("allowed_origins", given.size() + " entries (expected: at most " + MAX_ORIGINS + ")");
        }
        return given.stream()
                .map(origin -> Origins.normalised(origin)
                        .orElseThrow(() -> Fields.wrong("allowed_origins",
                                "expected origins such as https://shop.example, without a path, or *")))
                .distinct()
                .toList();
    }
}
