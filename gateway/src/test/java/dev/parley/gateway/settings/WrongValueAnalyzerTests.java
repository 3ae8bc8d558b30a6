package dev.parley.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.hibernate.validator.constraints.Range;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

class WrongValueAnalyzerTests {

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withUserConfiguration(Configured.class);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            max-concurrent=0      | test.answers.max-concurrent is 0 (allowed: 1 to 500)
            max-concurrent=many   | test.answers.max-concurrent is many (allowed: a whole number)
            max-concurrent=99999999999 | test.answers.max-concurrent is 99999999999 (allowed: a whole number)
            share=200             | test.answers.share is 200 (allowed: 0 to 100)
            retries=-1            | test.answers.retries is -1 (allowed: at least 0)
            concurrent=perhaps    | test.answers.concurrent is perhaps (allowed: true or false)
            timeout=10d           | test.answers.timeout is 10d (allowed: 100ms to 1h)
            timeout=soon          | test.answers.timeout is soon (allowed: a duration such as 500ms, 30s or 10m)
            size=big              | test.answers.size is big (allowed: a size such as 2048B, 64KB or 1MB)
            order=random          | test.answers.order is random (allowed: fair, fast)
            model=                | test.answers.model is empty (allowed: not empty)
            list[0].name=         | test.answers.list[0].name is empty (allowed: not empty)
            secret=s3cret         | test.answers.secret is wrong (allowed: a length of 32 to 64)
            port-password=s3cret  | test.answers.port-password is wrong (allowed: a whole number)
            url=redis://ann:s3cret@cache | test.answers.url is redis://***@cache (allowed: a length of 1 to 5)
            """)
    void oneLineNamesTheSettingTheValueAndWhatIsAllowed(String setting, String said) {
        application.withPropertyValues("test.answers." + setting)
                .run(context -> assertThat(analyze(context)).isEqualTo(said));
    }

    @Test
    void aSettingThatComesFromAVariableNamesIt() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().replace("systemEnvironment",
                new SystemEnvironmentPropertySource("systemEnvironment", Map.of("MAX_CONCURRENT_CHATS", "none")));
        new ShortNames().postProcessEnvironment(environment, new SpringApplication());
        AtomicReference<String> said = new AtomicReference<>();

        application.withInitializer(context -> context.setEnvironment(environment))
                .withUserConfiguration(AlsoConfigured.class)
                .run(context -> said.set(analyze(context)));

        assertThat(said).hasValue("parley.answers.max-concurrent is none (allowed: a whole number);"
                + " it comes from MAX_CONCURRENT_CHATS");
    }

    @Test
    void severalWrongSettingsAreAllNamed() {
        application.withPropertyValues("test.answers.max-concurrent=0", "test.answers.share=200")
                .run(context -> assertThat(analyze(context)).contains("max-concurrent is 0")
                        .contains("; ").contains("share is 200").doesNotContain("\n"));
    }

    @Test
    void whoChecksInAConstructorIsQuoted() {
        application.withPropertyValues("test.answers.model=wrong")
                .run(context -> assertThat(analyze(context))
                        .isEqualTo("parley.answers.model: no such thing"));
        application.withPropertyValues("test.answers.model=unknown")
                .run(context -> assertThat(analyze(context))
                        .isEqualTo("parley.answers.model: is unknown"));
    }

    private static String analyze(AssertableApplicationContext context) {
        Throwable failure = Objects.requireNonNull(context.getStartupFailure());
        for (FailureAnalyzer analyzer : List.of(new SettingFailureAnalyzer(), new WrongValueAnalyzer())) {
            FailureAnalysis analysis = analyzer.analyze(failure);
            if (analysis != null) {
                return analysis.getDescription();
            }
        }
        throw new AssertionError("nobody explains it", failure);
    }

    enum Order {
        FAIR, FAST
    }

    record Named(@NotBlank String name) {}

    @Validated
    @ConfigurationProperties("test.answers")
    record Answers(@DefaultValue("5") @Min(1) @Max(500) int maxConcurrent,
            @DefaultValue("1") @Range(max = 100) int share,
            @DefaultValue("2") @Min(0) int retries, @DefaultValue("true") boolean concurrent,
            @DefaultValue("5s") @DurationMin(millis = 100) @DurationMax(hours = 1) Duration timeout,
            @DefaultValue("1KB") DataSize size, @DefaultValue("fair") Order order,
            @DefaultValue("llama") @NotBlank String model,
            @DefaultValue List<@Valid Named> list,
            @DefaultValue("12345678901234567890123456789012") @Size(min = 32, max = 64) String secret,
            @DefaultValue("1") int portPassword, @DefaultValue("x") @Size(min = 1, max = 5) String url) {

        Answers {
            if (model.equals("wrong")) {
                throw new IllegalArgumentException("parley.answers.model: no such thing");
            }
            if (model.equals("unknown")) {
                throw new SettingException("parley.answers.model", "is unknown");
            }
        }
    }

    @EnableConfigurationProperties(Answers.class)
    static class Configured {}

    @ConfigurationProperties("parley.answers")
    record Concurrency(int maxConcurrent) {}

    @EnableConfigurationProperties(Concurrency.class)
    static class AlsoConfigured {}
}
