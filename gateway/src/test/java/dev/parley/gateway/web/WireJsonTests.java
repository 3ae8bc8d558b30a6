package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class WireJsonTests {

    private final JsonMapper json = WireJson.mapper();

    enum Colour {
        DARK_RED, BLUE
    }

    record Thing(@Nullable String someName, @Nullable Integer size, @Nullable Long id, @Nullable Boolean open,
            @Nullable Double ratio, @Nullable Colour colour, @Nullable List<String> tags, @Nullable Instant createdAt,
            @Nullable Thing inner) {}

    record Checked(@Nullable String name) {

        Checked {
            Fields.line("name", name, 1, 5);
        }
    }

    @Test
    void namesAreSnakeCaseInTheirOwnOrderAndNullsAreLeftOut() {
        Thing thing = new Thing("a", null, 2L, true, null, Colour.DARK_RED, List.of(), null, null);

        assertThat(json.writeValueAsString(thing)).isEqualTo("""
                {"some_name":"a","id":2,"open":true,"colour":"dark_red","tags":[]}""");
    }

    @ParameterizedTest
    @CsvSource({"2026-01-02T03:04:05.678901Z, 2026-01-02T03:04:05.678Z",
            "2026-01-02T03:04:05Z, 2026-01-02T03:04:05.000Z",
            "2026-01-02T03:04:00.1Z, 2026-01-02T03:04:00.100Z", "1970-01-01T00:00:00Z, 1970-01-01T00:00:00.000Z"})
    void instantsHaveExactlyThreeDecimals(Instant instant, String written) {
        assertThat(json.writeValueAsString(instant)).isEqualTo('"' + written + '"');
    }

    @Test
    void whatIsWrittenCanBeRead() {
        Thing thing = new Thing("a", 1, 2L, true, 0.5, Colour.DARK_RED, List.of("x"),
                Instant.ofEpochMilli(1234567890123L),
                new Thing("b", null, null, null, null, null, null, null, null));

        assertThat(json.readValue(json.writeValueAsString(thing), Thing.class)).isEqualTo(thing);
    }

    @Test
    void unknownFieldsAreIgnored() {
        assertThat(json.readValue("{\"someName\":1,\"new\":{},\"size\":3}", Thing.class).size()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "{`some_name`:1}            | some_name: expected a string",
            "{`some_name`:true}         | some_name: expected a string",
            "{`some_name`:1.5}          | some_name: expected a string",
            "{`some_name`:{}}           | some_name: expected a string",
            "{`some_name`:[]}           | some_name: expected a string",
            "{`size`:`1`}               | size: expected a whole number within its range",
            "{`size`:1.5}               | size: expected a whole number within its range",
            "{`size`:true}              | size: expected a whole number within its range",
            "{`size`:99999999999}       | size: expected a whole number within its range",
            "{`size`:``}                | size: expected a whole number within its range",
            "{`id`:99999999999999999999}| id: expected a whole number within its range",
            "{`open`:`true`}            | open: expected true or false",
            "{`open`:1}                 | open: expected true or false",
            "{`ratio`:`1`}              | ratio: expected a number",
            "{`colour`:`green`}         | colour: expected one of dark_red, blue",
            "{`colour`:0}               | colour: expected one of dark_red, blue",
            "{`tags`:`x`}               | tags: expected a list",
            "{`tags`:[`x`,1]}           | tags[1]: expected a string",
            "{`tags`:[null]}            | tags[0]: expected a string",
            "{`created_at`:`today`}     | created_at: expected a time such as",
            "{`inner`:1}                | inner: expected an object",
            "{`inner`:{`size`:`x`}}     | inner.size: expected a whole number within its range",
            "[]                         | The body: expected an object",
            "`text`                     | The body: expected an object",
            "1                          | The body: expected an object",
            "{                          | This is no JSON",
            "{`size`:}                  | This is no JSON: look at line 1, column 9",
            "{`size`:1} x               | This is no JSON",
            "nonsense                   | This is no JSON"})
    void aWrongValueIsExplainedByItsField(String sent, String explanation) {
        assertThatExceptionOfType(JacksonException.class)
                .isThrownBy(() -> json.readValue(sent.replace('`', '"'), Thing.class))
                .satisfies(wrong -> assertThat(WrongJson.explain(Problem.BAD_REQUEST, wrong)).satisfies(problem -> {
                    assertThat(problem.problem()).isEqualTo(Problem.BAD_REQUEST);
                    assertThat(problem.detail()).startsWith(explanation);
                }));
    }

    @Test
    void whatARecordSaysOfItsOwnValuesIsKept() {
        assertThatExceptionOfType(JacksonException.class)
                .isThrownBy(() -> json.readValue("{\"name\":\"too long\"}", Checked.class))
                .satisfies(wrong -> assertThat(WrongJson.explain(Problem.BAD_FRAME, wrong)).satisfies(problem -> {
                    assertThat(problem.problem()).isEqualTo(Problem.BAD_FRAME);
                    assertThat(problem.detail()).isEqualTo("name: 8 characters (expected: 1 to 5)");
                }));
    }

    @Test
    void deepNestingIsRefused() {
        assertThatExceptionOfType(JacksonException.class)
                .isThrownBy(() -> json.readValue("{\"inner\":".repeat(2_000), Thing.class))
                .satisfies(wrong -> assertThat(WrongJson.explain(Problem.BAD_REQUEST, wrong))
                        .extracting(ProblemException::detail)
                        .asString()
                        .startsWith("The JSON is nested too deeply"));
    }
}
