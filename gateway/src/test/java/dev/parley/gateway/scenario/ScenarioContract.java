package dev.parley.gateway.scenario;

import dev.parley.gateway.client.Carrier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each scenario gives one and the same transcript, whichever transport carries it. */
interface ScenarioContract {

    /** A play of its own, in a new dialog of a new visitor. */
    Play play(Carrier carrier);

    static Stream<Arguments> scenarios() {
        return Scenario.all().stream().flatMap(scenario -> Stream.of(Carrier.values())
                .map(carrier -> Arguments.of(scenario, carrier)));
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("scenarios")
    default void itIsTheSameOverEachCarrier(Scenario scenario, Carrier carrier) {
        try (Play play = play(carrier)) {
            play.run(scenario);
        }
    }
}
