package dev.parley.gateway;

import dev.parley.gateway.answer.AnswerSettings;
import dev.parley.gateway.model.ChatModel;
import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.OllamaSettings;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Connects the answers with a model. It is here because neither {@code answer} nor {@code rehearsal} knows the other. */
@Configuration(proxyBeanMethods = false)
class ModelConfiguration {

    /** Connections beyond those of the answers that run: of answers that are just being cancelled. */
    private static final int SPARE_CONNECTIONS = 4;

    @Bean
    ModelChoice modelChoice(OllamaSettings settings, AnswerSettings answers) {
        return ModelChoice.at(settings.url(), settings, answers.maxConcurrent() + SPARE_CONNECTIONS);
    }

    /** Closed with the choice. */
    @Bean(destroyMethod = "")
    ChatModel chatModel(ModelChoice choice) {
        return choice.model();
    }

    @Bean
    ModelInfo modelInfo(ModelChoice choice) {
        return choice.info();
    }
}
