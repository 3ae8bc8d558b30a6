package dev.parley.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.ParleyApplication;
import dev.parley.gateway.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** What is said while the gateway starts, or does not. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
@Isolated("what all say on the console is looked at")
class StartIntegrationTests {

    @Test
    void theLastLineOfAStartNamesTheAddressToOpen(CapturedOutput output) throws Exception {
        try (TestDatabase database = TestDatabase.fresh();
                ConfigurableApplicationContext context = start("--parley.database.url=" + database.url())) {
            String port = context.getEnvironment().getRequiredProperty("local.server.port");

            assertThat(output.getOut().lines().toList().getLast())
                    .containsPattern(
                            "Parley is ready: open http://localhost:" + port + "/ \\(started in \\d+\\.\\d s\\)");
            assertThat(get("http://localhost:" + port + "/actuator/health/readiness"))
                    .isEqualTo("200 {\"status\":\"UP\"}");
            assertThat(get("http://localhost:" + port + "/actuator/prometheus"))
                    .contains("r2dbc_pool_acquired_connections");
        }
    }

    @Test
    void theProfileOfLoadTestsSaysWhatItLifts(CapturedOutput output) {
        try (TestDatabase database = TestDatabase.fresh();
                ConfigurableApplicationContext context = start("--parley.database.url=" + database.url(),
                        "--spring.profiles.active=load", "--parley.connections.max-per-dialog=70")) {
            assertThat(context.isRunning()).isTrue();
            assertThat(output.getOut()).contains("The profile load lifts limits, for load tests only (0 is no limit): "
                    + "parley.connections.max-per-node=50000, parley.connections.max-per-dialog=70, "
                    + "parley.connections.new-per-address-per-minute=0, parley.connections.frames-per-minute=0, "
                    + "parley.messages.per-user-per-minute=0, parley.messages.per-address-per-minute=0, "
                    + "parley.dialogs.opened-per-address-per-minute=0, "
                    + "parley.dialogs.requests-per-user-per-minute=0");
        }
    }

    @Test
    void aNetworkThatIsNoneStopsTheStartWithOneLine(CapturedOutput output) {
        try (TestDatabase database = TestDatabase.fresh()) {
            assertThatThrownBy(() -> start("--parley.database.url=" + database.url(),
                    "--parley.connections.trusted-proxies=10.0.0.0/8,proxy.example"));
        }
        assertThat(lines(output).stream().filter(line -> line.contains("cannot start"))).singleElement().asString()
                .endsWith("Parley cannot start: parley.connections.trusted-proxies: proxy.example is no network"
                        + " (expected: such as 10.0.0.0/8, fd00::/8 or 192.0.2.7)");
    }

    @Test
    void aWrongSettingStopsTheStartWithOneLine(CapturedOutput output) {
        assertThatThrownBy(() -> start("--parley.database.pool-size=0"));

        assertThat(lines(output)).singleElement().asString()
                .endsWith("Parley cannot start: parley.database.pool-size is 0 (allowed: 1 to 1000)");
    }

    @Test
    void aWrongUrlStopsTheStartWithOneLineThatHidesIt(CapturedOutput output) {
        assertThatThrownBy(() -> start("--parley.database.url=mysql://ann:s3cret@db"));

        assertThat(lines(output)).singleElement().asString()
                .contains("Parley cannot start: parley.database.url: is not understood")
                .doesNotContain("s3cret");
    }

    @Test
    void aDatabaseThatIsNotThereStopsTheStartWithOneLine(CapturedOutput output) {
        assertThatThrownBy(() -> start("--parley.database.url=postgresql://ann:s3cret@localhost:1/chat"));

        assertThat(lines(output)).singleElement().asString().contains("Connection to localhost:1 refused")
                .doesNotContain("s3cret");
    }

    private static ConfigurableApplicationContext start(String... settings) {
        List<String> arguments = new ArrayList<>(List.of(settings));
        arguments.add("--server.port=0");
        arguments.add("--parley.access.secret=only-for-tests-only-for-tests-only-for-tests");
        return SpringApplication.run(ParleyApplication.class, arguments.toArray(String[]::new));
    }

    private static List<String> lines(CapturedOutput output) {
        return output.getAll().lines().filter(line -> !line.isBlank()).toList();
    }

    private static String get(String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url)).build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        }
    }
}
