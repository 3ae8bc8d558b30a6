package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.Append;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class FloorsTests {

    private static final long DIALOG = 7;
    private static final long TURN = 3;

    private final Floors floors = new Floors();
    /** What was handed to the log, in order; an exclamation mark where it may take the dialog over. */
    private final List<String> log = new ArrayList<>();
    private final Map<String, Sinks.One<Append>> outcomes = new HashMap<>();

    private Floors.Floor floor() {
        return Objects.requireNonNull(floors.in(DIALOG));
    }

    private void append(Floors.Floor floor, String name) {
        floor.append(log(name), log("!" + name)).subscribe(outcome -> {}, error -> {});
    }

    private Mono<Append> log(String name) {
        return Mono.defer(() -> {
            log.add(name);
            return outcomes.computeIfAbsent(name, unknown -> Sinks.one()).asMono();
        });
    }

    private void end(String name, Append outcome) {
        Objects.requireNonNull(outcomes.get(name)).tryEmitValue(outcome).orThrow();
    }

    private static DialogCommands.Posted posted(long turn, boolean repeated) {
        return new DialogCommands.Posted(stored(turn).message(), repeated, null, null);
    }

    private static Append.Stored stored(long turn) {
        return new Append.Stored(
                new Message(DIALOG, 1, 1, Message.Kind.MESSAGE, Sender.MANAGER, "1", "Anna", "m", "text",
                        null, null, turn, Instant.EPOCH),
                false, false);
    }

    @Test
    void whoHasNotSpokenHasNoFloor() {
        assertThat(floors.in(DIALOG)).isNull();
        floors.take(posted(TURN, true));
        assertThat(floors.in(DIALOG)).as("a repeat says nothing of the turn that is now").isNull();
        floors.take(posted(TURN, false));
        assertThat(floor().turn()).isEqualTo(TURN);
        assertThat(floors.in(DIALOG + 1)).isNull();
    }

    @Test
    void asLongAsTheTurnHoldsNoMessageWaitsForTheOneBefore() {
        floors.take(posted(TURN, false));
        append(floor(), "a");
        append(floor(), "b");
        assertThat(log).containsExactly("a", "b");
        end("a", stored(TURN));
        end("b", stored(TURN));
        assertThat(log).containsExactly("a", "b");
        assertThat(floor().turn()).isEqualTo(TURN);
    }

    @Test
    void whereItHasEndedAllAreAppendedAnewEachWhenTheOneBeforeIsDone() {
        floors.take(posted(TURN, false));
        append(floor(), "a");
        append(floor(), "b");
        Floors.Floor seenBefore = floor();
        append(floor(), "c");
        end("a", Append.Refused.TURN_ENDED);
        assertThat(floors.in(DIALOG)).as("nobody comes in between").isNull();
        append(seenBefore, "d");
        end("c", Append.Refused.TURN_ENDED);
        end("b", Append.Refused.TURN_ENDED);
        end("d", Append.Refused.TURN_ENDED);
        assertThat(log).containsExactly("a", "b", "c", "!a", "d");
        end("!a", stored(TURN + 2));
        assertThat(log).endsWith("d", "!b");
        Objects.requireNonNull(outcomes.get("!b")).tryEmitError(new IllegalStateException("away")).orThrow();
        assertThat(log).endsWith("!b", "!c");
        end("!c", stored(TURN + 2));
        end("!d", stored(TURN + 2));
        assertThat(log).endsWith("!c", "!d");
    }

    @Test
    void aTurnThatWasTakenMeanwhileIsNotForgottenWithTheOneBefore() {
        floors.take(posted(TURN, false));
        Floors.Floor old = floor();
        floors.take(posted(TURN + 2, false));
        append(old, "a");
        end("a", Append.Refused.TURN_ENDED);
        assertThat(floor().turn()).isEqualTo(TURN + 2);
    }

    @Test
    void theDialogsThatItKnowsAreBounded() {
        for (long turn = 0; turn < 10_000; turn++) {
            Message message = stored(TURN).message();
            floors.take(new DialogCommands.Posted(new Message(turn, 1, 1, message.kind(), message.sender(), "1", "Anna",
                    "m", "text", null, null, turn, Instant.EPOCH), false, null, null));
        }
        long known = java.util.stream.LongStream.range(0, 10_000).filter(id -> floors.in(id) != null).count();
        assertThat(known).isBetween(1L, 1000L);
    }
}
