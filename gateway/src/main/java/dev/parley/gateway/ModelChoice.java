package dev.parley.gateway;

import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.ModelServer;
import dev.parley.gateway.model.OllamaModel;
import dev.parley.gateway.model.OllamaSettings;
import dev.parley.gateway.model.OpenAiModel;
import dev.parley.gateway.model.OpenAiSettings;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import org.jspecify.annotations.Nullable;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The models that answer in this process, chosen once at its start: the Ollamas whose URLs somebody has set; where nobody has,
 * the one at the usual place if it answers, else the rehearsal model, in the same process and over the same protocol.
 */
record ModelChoice(List<ModelServer> servers, ModelInfo info,
        @Nullable RehearsalModel rehearsal) implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ModelChoice.class);

    ModelChoice {
        servers = List.copyOf(servers);
    }

    /** Looks for at most 2 s, and logs a line for each server. Not for event loops. */
    static ModelChoice of(OllamaSettings ollama, OpenAiSettings openAi, int maxConnections) {
        ModelChoice choice = of(ollama, maxConnections);
        List<ModelServer> others = openAi.urls()
                .stream()
                .<ModelServer>map(url -> new OpenAiModel(url, openAi, maxConnections))
                .toList();
        Flux.fromIterable(others).flatMap(ModelChoice::logWhetherThere).blockLast();
        return new ModelChoice(Stream.concat(choice.servers().stream(), others.stream()).toList(), choice.info(),
                choice.rehearsal());
    }

    private static ModelChoice of(OllamaSettings settings, int maxConnections) {
        if (settings.isChosen()) {
            List<ModelServer> chosen = settings.urls()
                    .stream()
                    .<ModelServer>map(url -> new OllamaModel(url, settings, maxConnections))
                    .toList();
            Flux.fromIterable(chosen).flatMap(ModelChoice::logWhetherThere).blockLast();
            return new ModelChoice(chosen, new ModelInfo(ModelInfo.OLLAMA, settings.url(), settings.model()), null);
        }
        return usual(settings.url(), settings, maxConnections);
    }

    /** @param url where an Ollama is looked for */
    static ModelChoice usual(String url, OllamaSettings settings, int maxConnections) {
        var ollama = new OllamaModel(url, settings, maxConnections);
        if (Boolean.TRUE.equals(logWhetherThere(ollama).block())) {
            return new ModelChoice(List.of(ollama), new ModelInfo(ModelInfo.OLLAMA, url, settings.model()), null);
        }
        ollama.close();
        var rehearsal = RehearsalModel.start(RehearsalSettings.defaults().withModel(settings.model()));
        LOG.info("Answers come from the rehearsal model, no language model runs. "
                + "For real ones start Ollama first, or set OLLAMA_URLS");
        return new ModelChoice(List.of(new OllamaModel(rehearsal.url(), settings, maxConnections)),
                new ModelInfo(ModelInfo.REHEARSAL, rehearsal.url(), settings.model()), rehearsal);
    }

    private static Mono<Boolean> logWhetherThere(ModelServer server) {
        return server.reachable().doOnNext(answers -> {
            if (answers) {
                LOG.info("Answers come from {} at {}, model {}", server.kind().title(), server.url(),
                        server.defaultModel());
            } else {
                LOG.warn("No {} answers at {}; it will be used as soon as it does", server.kind().title(),
                        server.url());
            }
        });
    }

    @Override
    public void close() {
        servers.forEach(ModelServer::close);
        if (rehearsal != null) {
            rehearsal.close();
        }
    }
}
