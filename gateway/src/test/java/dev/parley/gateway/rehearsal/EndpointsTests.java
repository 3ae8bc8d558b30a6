package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What the end points say, in virtual time: the forms of answers, and what else Ollama tells. */
class EndpointsTests {

    private static final RehearsalSettings QUICK = RehearsalSettings.defaults().withTokensPerSecond(0).withFirstToken(
            Duration.ZERO);

    private final VirtualOllama ollama = new VirtualOllama(QUICK);

    @Test
    void thoughtsComeBeforeTheAnswer() {
        var client = ollama.chat("m#thinking=2", "/say a b");

        assertThat(client.lines()).hasSize(5);
        assertThat(client.line(0).path("message").toString())
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"thought1\"}");
        assertThat(client.line(2).path("message").toString()).isEqualTo("{\"role\":\"assistant\",\"content\":\"a\"}");
        assertThat(client.line(-1).path("eval_count").asInt()).isEqualTo(4);
    }

    @Test
    void onlyWhoHasThoughtsCanBeAskedForThem() {
        assertThat(ollama.chat("m", "Hi", ",\"think\":true").text()).contains("400 Bad Request")
                .endsWith("{\"error\":\"\\\"m\\\" does not support thinking\"}");
        assertThat(ollama.chat("m#thinking=2", "/say a", ",\"think\":\"high\"").lines()).hasSize(4);
        assertThat(ollama.chat("m#thinking=2", "/say a", ",\"think\":false").lines()).hasSize(2);
    }

    @Test
    void aToolIsCalledInTheLastLine() {
        JsonNode last = ollama.chat("m#tool=weather; arguments={\\\"city\\\":\\\"Rome\\\"}", "/say a").line(-1);

        assertThat(last.path("done").asBoolean()).isTrue();
        assertThat(last.path("message").path("tool_calls").toString()).isEqualTo(
                "[{\"id\":\"call_1\",\"function\":{\"index\":0,\"name\":\"weather\",\"arguments\":{\"city\":\"Rome\"}}}]");
    }

    @Test
    void orInALineOfItsOwnAfterASilence() {
        var client = ollama.chat("m#tool=weather; tool-at=stream; gap=7s", "/say a");
        ollama.pass(Duration.ofSeconds(6));
        assertThat(client.lines()).hasSize(1);
        ollama.pass(Duration.ofSeconds(1));

        assertThat(client.lines()).hasSize(3);
        assertThat(client.line(1).path("message").path("tool_calls").path(0).path("function").path("name").asString())
                .isEqualTo("weather");
        assertThat(client.line(1).path("done").asBoolean()).isFalse();
    }

    @Test
    void theSilenceMayComeBeforeTheLastLineToo() {
        var client = ollama.chat("m#tool=weather; gap=7s", "/say a");
        ollama.pass(Duration.ofSeconds(6));
        assertThat(client.lines()).hasSize(1);
        ollama.pass(Duration.ofSeconds(1));

        assertThat(client.line(1).path("done").asBoolean()).isTrue();
    }

    @Test
    void theLastLineMayCarryContent() {
        var client = ollama.chat("m#last=content", "/say a b");

        assertThat(client.lines()).hasSize(2);
        assertThat(client.line(1).path("message").path("content").asString()).isEqualTo(" b");
        assertThat(client.line(1).path("eval_count").asInt()).isEqualTo(2);
    }

    @Test
    void aModelThatIsNotThereIsSaidToBeMissingWhereTheModelsAreKnown() {
        ollama.change(QUICK.withOnly("llama3.2", "gemma3:4b"));

        assertThat(ollama.chat("llama3.2:latest", "Hi").status()).isEqualTo(200);
        assertThat(ollama.chat("gemma3:4b#user=ada", "Hi").status()).isEqualTo(200);
        assertThat(ollama.chat("gemma3", "Hi").text()).startsWith("HTTP/1.1 404").endsWith(
                "{\"error\":\"model 'gemma3' not found\"}");
        assertThat(ollama.post("/api/show", "{\"model\":\"x\"}").status()).isEqualTo(404);
    }

    @Test
    void generatesTextToo() {
        var client = ollama.post("/api/generate", "{\"model\":\"m\",\"prompt\":\"/say a b\"}");

        assertThat(client.lines().stream().map(RehearsalJson.MAPPER::readTree)
                .map(line -> line.path("response").asString()))
                .containsExactly("a", " b", "");
        assertThat(client.line(-1).path("done_reason").asString()).isEqualTo("stop");
        assertThat(ollama.post("/api/generate", "{\"model\":\"m\"}").line(0).path("done_reason").asString()).isEqualTo(
                "load");
        assertThat(ollama.post("/api/generate", "{\"model\":\"m\",\"prompt\":\"/say a b\",\"stream\":false}").line(0)
                .path("response").asString()).isEqualTo("a b");
    }

    @Test
    void speaksAsOpenAiDoes() {
        List<String> events = events("m", "/say a b", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");

        assertThat(events).hasSize(5).last().isEqualTo("[DONE]");
        List<JsonNode> chunks = events.stream().limit(4).map(RehearsalJson.MAPPER::readTree).toList();
        assertThat(chunks.get(0).path("choices").toString()).isEqualTo(
                "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"a\"},\"finish_reason\":null}]");
        assertThat(chunks.get(1).path("choices").path(0).path("delta").toString()).isEqualTo("{\"content\":\" b\"}");
        assertThat(chunks.get(2).path("choices").path(0).path("finish_reason").asString()).isEqualTo("stop");
        assertThat(chunks.get(3).path("choices").isEmpty()).isTrue();
        assertThat(chunks.get(3).path("usage").path("completion_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void swallowsFailuresInTheMiddleAsOllamaDoesThere() {
        List<String> events = events("m", "/fault error 1", ",\"stream\":true");

        assertThat(events).hasSize(2);
        assertThat(events.getLast()).contains("\"delta\":{\"content\":\"\"},\"finish_reason\":null").doesNotContain(
                "error");
    }

    @Test
    void answersInOneObjectUnlessAStreamIsWanted() {
        var client = completion("m", "/say a b", "");

        assertThat(client.line(0).path("object").asString()).isEqualTo("chat.completion");
        assertThat(client.line(0).path("choices").path(0).path("message").path("content").asString()).isEqualTo("a b");
        assertThat(client.line(0).path("usage").path("total_tokens").asInt()).isEqualTo(5);
        assertThat(completion("m#tool=t", "/say a", "").text()).contains("\"finish_reason\":\"tool_calls\"");
        assertThat(completion("m", "/fault busy", "").text()).startsWith("HTTP/1.1 503")
                .contains("\"type\":\"api_error\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"proxy|502|<center>nginx</center>", "cancelled|499|request canceled",
            "missing|404|not found"})
    void aHeaderOrAQueueMayWishForStatuses(String fault, int status, String text) {
        ollama.next(Objects.requireNonNull(Fault.of(fault, "m")));

        assertThat(ollama.chat("m", "Hi").text()).startsWith("HTTP/1.1 " + status).contains(text);
    }

    @ParameterizedTest
    @CsvSource({"m#tinking=3,unknown tinking", "m#gap=soon,a duration such as", "m#fault=none of these,fault: none",
            "m#tool-at=start,end or stream", "m#thinking=many,a number"})
    void aScriptThatIsNotUnderstoodIsRefused(String model, String why) {
        assertThat(ollama.chat(model, "Hi").text()).startsWith("HTTP/1.1 400").contains("X-Sim: ").contains(why);
    }

    @Test
    void endsInTheMiddleOfALine() {
        var client = ollama.chat("m", "/fault half 2");

        assertThat(client.lines()).hasSize(3);
        assertThat(client.lines().getLast()).startsWith("{\"model\":\"m\",\"created_at\":").doesNotEndWith("}");
        assertThat(client.isOver()).isTrue();
    }

    @Test
    void theListOfWhatRunsMayBeSlow() {
        ollama.change(QUICK.withMemory(QUICK.memory().withPsDelay(Duration.ofSeconds(5))));
        var client = ollama.get("/api/ps");
        ollama.pass(Duration.ofSeconds(4));
        assertThat(client.text()).isEmpty();
        ollama.pass(Duration.ofSeconds(1));

        assertThat(client.text()).endsWith("{\"models\":[]}");
    }

    private List<String> events(String model, String message, String more) {
        return completion(model, message, more).text().lines().filter(line -> line.startsWith("data: ")).map(
                line -> line.substring("data: ".length())).collect(Collectors.toList());
    }

    private VirtualOllama.Client completion(String model, String message, String more) {
        return ollama.post("/v1/chat/completions", "{\"model\":\"" + model
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + message + "\"}]" + more + "}");
    }
}
