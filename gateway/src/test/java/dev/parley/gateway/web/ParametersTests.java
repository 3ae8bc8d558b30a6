package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;

class ParametersTests {

    @Test
    void anIdIsAPositiveNumber() {
        assertThat(Parameters.pathId(path("12"), "id")).isEqualTo(12);
        assertThat(Parameters.pathId(path("9223372036854775807"), "id")).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "+1", "abc", "1.5", "1e3", "9223372036854775808", "١٢", " ", "--"})
    void whatIsNoIdNamesNothing(String id) {
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> Parameters.pathId(path(id), "id"))
                .satisfies(refusal -> assertThat(refusal.problem()).isEqualTo(Problem.NOT_FOUND));
    }

    @Test
    void aNumberHasBoundsAndADefault() {
        assertThat(Parameters.integer(query("limit=5"), "limit", 20, 1, 100)).isEqualTo(5);
        assertThat(Parameters.integer(query("limit=100"), "limit", 20, 1, 100)).isEqualTo(100);
        assertThat(Parameters.integer(query("limit=-3"), "limit", 20, -5, 100)).isEqualTo(-3);
        assertThat(Parameters.integer(query("limit="), "limit", 20, 1, 100)).isEqualTo(20);
        assertThat(Parameters.integer(query("x=1"), "limit", 20, 1, 100)).isEqualTo(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "101", "-1", "ten", "1.0", "99999999999999999999", "-"})
    void aNumberOutOfBoundsIsNamed(String value) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> Parameters.integer(query("limit=" + value), "limit", 20, 1, 100))
                .withMessage("limit: expected a whole number from 1 to 100")
                .satisfies(refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_REQUEST));
    }

    private static ServerRequest query(String query) {
        return ServerRequest.create(MockServerWebExchange.from(MockServerHttpRequest.get("/x?" + query)), List.of());
    }

    private static ServerRequest path(String id) {
        ServerRequest request = query("");
        request.exchange().getAttributes().put(RouterFunctions.URI_TEMPLATE_VARIABLES_ATTRIBUTE,
                java.util.Map.of("id", id));
        return request;
    }
}
