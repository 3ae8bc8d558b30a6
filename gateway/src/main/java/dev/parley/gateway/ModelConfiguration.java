package dev.parley.gateway;

import dev.parley.gateway.answer.ChatModel;
import dev.parley.gateway.answer.ModelInfo;
import dev.parley.gateway.answer.OllamaModel;
import dev.parley.gateway.answer.OllamaSettings;
import dev.parley.gateway.embedded.RehearsalModel;
import dev.parley.gateway.embedded.RehearsalSettings;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class ModelConfiguration {
    @Bean
    RehearsalModel rehearsal() {
        return RehearsalModel.start(RehearsalSettings.defaults());
    }

    @Bean
    ChatModel model(RehearsalModel rehearsal, OllamaSettings settings) {
        return new OllamaModel(rehearsal.url(), settings, 20);
    }

    @Bean
    ModelInfo modelInfo(RehearsalModel rehearsal) {
        return new ModelInfo(ModelInfo.REHEARSAL, rehearsal.url(), "rehearsal");
    }
}
