package dev.parley.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.answer.AnswerSettings;
import dev.parley.gateway.model.ChatModel;
import dev.parley.gateway.model.ModelEvent.Text;
import dev.parley.gateway.model.ModelInfo;
import dev.parley.gateway.model.ModelRequest;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import dev.parley.gateway.model.OllamaSettings;
import dev.parley.gateway.model.OpenAiSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ModelConfigurationTests {

    private static final OllamaSettings UNSET = new OllamaSettings(List.of(), "llama3.2", 4096, Duration.ofMinutes(30));

    private final ApplicationContextRunner gateway = new ApplicationContextRunner()
            .withUserConfiguration(ModelConfiguration.class, Settings.class)
            .withBean(SimpleMeterRegistry.class);

    @Test
    void anOllamaThatAnswersIsUsed(CapturedOutput output) {
        try (var ollama = RehearsalModel.start(RehearsalSettings.defaults());
                var choice = ModelChoice.usual(ollama.url(), UNSET, 5)) {
            assertThat(choice.info()).isEqualTo(new ModelInfo(ModelInfo.OLLAMA, ollama.url(), "llama3.2"));
            assertThat(choice.rehearsal()).isNull();
            assertThat(output).contains("Answers come from Ollama at " + ollama.url() + ", model llama3.2");
        }
    }

    @Test
    void whereNoneAnswersAndNoneWasSetTheRehearsalModelSteps(CapturedOutput output) throws IOException {
        String nowhere = nowhere();
        String rehearsal;
        try (var choice = ModelChoice.usual(nowhere, UNSET, 5)) {
            rehearsal = choice.info().url();

            assertThat(choice.info()).isEqualTo(new ModelInfo(ModelInfo.REHEARSAL, rehearsal, "llama3.2"));
            assertThat(saying(choice.servers().getFirst(), "/say it works")).isEqualTo("it works");
            assertThat(output).contains("No Ollama answers at " + nowhere).contains("the rehearsal model");
        }
        assertThat(isListening(rehearsal)).as("after the gateway has stopped").isFalse();
    }

    @Test
    void anOllamaThatWasSetIsUsedEvenIfItIsNotThereYet(CapturedOutput output) throws IOException {
        String later = nowhere();

        gateway.withPropertyValues("parley.ollama.urls=" + later).run(context -> {
            assertThat(context.getBean(ModelInfo.class).kind()).isEqualTo(ModelInfo.OLLAMA);
            assertThat(output).contains("WARN").contains("No Ollama answers at " + later);
            try (var _ = RehearsalModel.start(RehearsalSettings.defaults().withPort(URI.create(later).getPort()))) {
                assertThat(saying(context.getBean(ModelChoice.class).servers().getFirst(), "/say at last"))
                        .isEqualTo("at last");
            }
        });
    }

    @Test
    void theModelAndWhatItIsCanBeHadAsBeans() {
        try (var ollama = RehearsalModel.start(RehearsalSettings.defaults())) {
            gateway.withPropertyValues("parley.ollama.urls=" + ollama.url(), "parley.ollama.model=mistral")
                    .run(context -> {
                        assertThat(context.getBean(ModelInfo.class))
                                .isEqualTo(new ModelInfo(ModelInfo.OLLAMA, ollama.url(), "mistral"));
                        assertThat(saying(context.getBean(ModelChoice.class).servers().getFirst(), "/say hello"))
                                .isEqualTo("hello");
                    });
        }
    }

    private static String saying(ChatModel model, String message) {
        var request = new ModelRequest("llama3.2", List.of(new Turn(Role.USER, message)));
        return String.join("", Await.await(model.chat(request).ofType(Text.class).map(Text::text).collectList()));
    }

    private static String nowhere() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }
    }

    private static boolean isListening(String url) {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), URI.create(url).getPort())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @EnableConfigurationProperties({AnswerSettings.class, OllamaSettings.class, OpenAiSettings.class})
    static class Settings {}
}
