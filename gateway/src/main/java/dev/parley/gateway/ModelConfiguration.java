package dev.parley.gateway;

import dev.parley.gateway.answer.AnswerSettings;
import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.ModelLimits;
import dev.parley.gateway.model.Models;
import dev.parley.gateway.model.OllamaSettings;
import dev.parley.gateway.model.OpenAiSettings;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** Connects the answers with the models. It is here because neither {@code answer} nor {@code rehearsal} knows the other. */
@Configuration(proxyBeanMethods = false)
class ModelConfiguration {

    /** Connections beyond those of the answers that run: of answers that are just being cancelled. */
    private static final int SPARE_CONNECTIONS = 4;

    @Bean
    ModelChoice modelChoice(OllamaSettings ollama, OpenAiSettings openAi, AnswerSettings answers) {
        return ModelChoice.of(ollama, openAi, answers.maxConcurrent() + SPARE_CONNECTIONS);
    }

    /** Its servers are closed with the choice. */
    @Bean(initMethod = "start", destroyMethod = "close")
    Models models(ModelChoice choice, AnswerSettings answers, OllamaSettings ollama, MeterRegistry meters) {
        return new Models(choice.servers(),
                new ModelLimits(answers.firstTokenTimeout(), answers.idleTimeout(), answers.timeout(),
                        answers.loadTimeout(), answers.retries(), ollama.keepAlive(), answers.adaptive(),
                        answers.breakerCalls()),
                answers.mostAtOnce(), meters, Schedulers.parallel());
    }

    @Bean
    ModelInfo modelInfo(ModelChoice choice) {
        return choice.info();
    }
}
