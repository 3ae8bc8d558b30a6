package dev.parley.gateway.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower.Cut;
import dev.parley.gateway.client.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Wherever a connection is cut, its client's transcript is that of one that was never cut: the same scenario is played over
 * and over, and cut after each of the pieces that came in the play without a cut, by a reset and by a FIN. Its client comes
 * back over the same transport or over another, as a seed has it.
 */
interface CutsContract {

    long SEED = 20_260_101;
    /** Plays side by side: most of a play is waiting. */
    int AT_ONCE = 4;

    /** A play of its own, in a new dialog of a new visitor. */
    Play play(Carrier carrier);

    @ParameterizedTest(name = "over {0}")
    @EnumSource(Carrier.class)
    default void aCutAtAnyMomentChangesNothing(Carrier carrier) throws Exception {
        Scenario scenario = Scenario.of("many-messages");
        int pieces;
        try (Play uncut = play(carrier)) {
            uncut.run(scenario);
            pieces = uncut.pieces();
        }
        assertThat(pieces).as("there is something to cut").isGreaterThan(5);
        List<Cut> cuts = cuts(carrier, pieces);
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<?>> plays = new ArrayList<>();
            cuts.forEach(cut -> plays.add(threads.submit(() -> play(scenario, carrier, cut))));
            for (Future<?> play : plays) {
                play.get();
            }
        } catch (ExecutionException wrong) {
            throw new AssertionError(wrong.getMessage(), wrong.getCause());
        }
    }

    private static List<Cut> cuts(Carrier carrier, int pieces) {
        Random random = new Random(SEED);
        List<Cut> cuts = new ArrayList<>();
        for (int after = 1; after <= pieces; after++) {
            for (Wire.Ending how : Wire.Ending.values()) {
                List<Carrier> back = List.of(carrier, carrier, carrier.next(), carrier.previous());
                cuts.add(new Cut(after, how, back.get(random.nextInt(back.size()))));
            }
        }
        return cuts;
    }

    private void play(Scenario scenario, Carrier carrier, Cut cut) {
        try (Play play = play(carrier).cutting(cut)) {
            play.run(scenario);
        } catch (AssertionError wrong) {
            throw new AssertionError(cut + ": " + wrong.getMessage(), wrong);
        }
    }
}
