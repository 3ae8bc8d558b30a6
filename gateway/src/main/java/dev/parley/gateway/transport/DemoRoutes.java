package dev.parley.gateway.transport;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.parley.gateway.access.Assistant;
import dev.parley.gateway.access.Assistants;
import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.OllamaSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the demo page has to know before it can begin: whom one talks to there, and which model answers. Everybody may read
 * it. The assistant is the oldest one that is not disabled; there may be none.
 */
@Configuration(proxyBeanMethods = false)
class DemoRoutes {

    private static final int PAGE = 100;

    private record Greeter(long id, String name, String greeting) {}

    /** @param url where an Ollama was looked for and not found; where one is used, that is nobody's business */
    private record Model(String kind, String name, @Nullable String url) {}

    private record Demo(@Nullable Greeter assistant, Model model) {}

    @Bean
    RouterFunction<ServerResponse> demo(Assistants assistants, ModelInfo model, OllamaSettings ollama) {
        Model shown = new Model(model.kind(), model.model(),
                model.kind().equals(ModelInfo.REHEARSAL) ? ollama.url() : null);
        return route().GET("/demo.json", request -> oldest(assistants)
                .map(found -> new Demo(new Greeter(found.id(), found.name(), found.greeting()), shown))
                .defaultIfEmpty(new Demo(null, shown))
                .flatMap(demo -> ServerResponse.ok().cacheControl(CacheControl.noStore()).bodyValue(demo))).build();
    }

    private static Mono<Assistant> oldest(Assistants assistants) {
        return assistants.list(0, PAGE)
                .expand(page -> page.size() < PAGE ? Mono.empty() : assistants.list(page.getLast().id(), PAGE))
                .concatMap((List<Assistant> page) -> Flux.fromIterable(page))
                .filter(assistant -> !assistant.disabled())
                .next();
    }
}
