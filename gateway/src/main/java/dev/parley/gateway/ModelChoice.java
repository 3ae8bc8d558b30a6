package dev.parley.gateway;

import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.OllamaModel;
import dev.parley.gateway.model.OllamaSettings;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model that answers in this process, chosen once at its start: the Ollama at the given URL if one answers there, or if
 * somebody has set that URL; else the rehearsal model, in the same process and over the same protocol.
 */
record ModelChoice(OllamaModel model, ModelInfo info, @Nullable RehearsalModel rehearsal) implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ModelChoice.class);

    /** Looks for at most 2 s, and logs one line. Not for event loops. */
    static ModelChoice at(String url, OllamaSettings settings, int maxConnections) {
        var ollama = new OllamaModel(url, settings, maxConnections);
        boolean answers = Boolean.TRUE.equals(ollama.reachable().block());
        if (!answers && !settings.isChosen()) {
            ollama.close();
            return rehearsal(url, settings, maxConnections);
        }
        if (answers) {
            LOG.info("Answers come from Ollama at {}, model {}", url, settings.model());
        } else {
            LOG.warn("No Ollama answers at {} (parley.ollama.urls); there will be no answers until one does", url);
        }
        return new ModelChoice(ollama, new ModelInfo(ModelInfo.OLLAMA, url, settings.model()), null);
    }

    private static ModelChoice rehearsal(String lookedAt, OllamaSettings settings, int maxConnections) {
        var rehearsal = RehearsalModel.start(RehearsalSettings.defaults().withModel(settings.model()));
        LOG.info("No Ollama answers at {}: answers come from the rehearsal model, no language model runs. "
                + "For real ones start Ollama first, or set OLLAMA_URLS", lookedAt);
        return new ModelChoice(new OllamaModel(rehearsal.url(), settings, maxConnections),
                new ModelInfo(ModelInfo.REHEARSAL, rehearsal.url(), settings.model()), rehearsal);
    }

    @Override
    public void close() {
        model.close();
        if (rehearsal != null) {
            rehearsal.close();
        }
    }
}
