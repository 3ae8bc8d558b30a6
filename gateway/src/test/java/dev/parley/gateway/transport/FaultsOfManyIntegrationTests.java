package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

/** A crowd asks a model with which anything goes wrong that can, at any moment of an answer. */
@TestPropertySource(properties = {"parley.answers.first-token-timeout=4s", "parley.answers.idle-timeout=10s"})
class FaultsOfManyIntegrationTests extends ManyAskers {

    private static final int ASKERS = 95;
    private static final int TRIES = 3;

    /** What the crowd asks for, over and over. */
    private static final List<String> WISHES = List.of("/say all is well with", "/fault error 3", "/fault end 2",
            "/fault garbage 3", "/say nothing is wrong with", "/fault broken", "/fault busy", "/fault reset 2",
            "/say still here is", "/fault bad", "/fault error 0", "/fault end 0");
    /** By number. They take long or make the model unreachable, so they come early, behind those who meet what is stray. */
    private static final Map<Integer, String> RARE = Map.of(8, "/fault stall 0", 9, "/fault stall 3", 10,
            "/fault stall 3", 11, "/fault reset 0", 12, "/fault overlong 2");

    /** What goes wrong with whoever comes next, whatever it asks for. */
    private static final List<Fault> STRAY = List.of(Fault.busy(), new Fault.ErrorLine(1, Fault.RUNNER_STOPPED),
            Fault.broken(), new Fault.EndsEarly(1), new Fault.EndsEarly(0), new Fault.Garbage(1), Fault.busy());

    @Test
    void eachAnswerEndsOnceNoneBeginsAnewAfterAWordAndNoPlaceAtTheModelIsLost() throws Exception {
        List<Asker> first = askers(AT_ONCE);
        List<Asker> askers = askers(ASKERS);
        List<Integer> before = ends();
        List<HeldAnswer> held = holdAnswers(first);
        IntStream.range(0, ASKERS).forEach(i -> askers.get(i).ask(wish(i) + " " + name("asker")));
        // Later ones might be refused: some faults are those of a server that has gone away.
        Awaitility.await().until(() -> askers.stream().allMatch(asker -> asker.hasHeard("ack")));
        STRAY.forEach(SPEAKER::next);
        held.forEach(HeldAnswer::close);

        List<Asker> all = Stream.concat(first.stream(), askers.stream()).toList();
        awaitEnds(all);
        Awaitility.await().until(() -> SPEAKER.ledger().open() == 0);
        all.forEach(FaultsOfManyIntegrationTests::assertTriedAsPromised);
        assertThat(askers.stream().filter(FaultsOfManyIntegrationTests::asksForAFault))
                .allSatisfy(asker -> assertThat(reason(asker)).isNotEqualTo("done"));
        assertThat(askers.stream().filter(asker -> !asksForAFault(asker)).filter(asker -> !isDone(asker)))
                .as("nothing else goes wrong than what was meant to").hasSizeLessThanOrEqualTo(STRAY.size());
        Awaitility.await()
                .untilAsserted(() -> assertThat(ends()).as("each was counted once").containsExactly(
                        before.get(0) + count(all, "done"), before.get(1) + count(all, "failed"),
                        before.get(2) + count(all, "timeout"), before.get(3)));
        assertThat(status()).containsEntry("peak_concurrent", AT_ONCE);

        awaitBackend();
        assertAllPlacesAreThere();
    }

    @Test
    void whatWasHeardBeforeAConnectionIsResetIsKeptAndNotSaidAgain() throws Exception {
        awaitBackend();
        List<Asker> askers = askers(AT_ONCE);
        Sinks.Empty<Void> heard = Sinks.empty();
        askers.forEach(asker -> SPEAKER.next(new Fault.Resets(2, heard.asMono())));
        askers.forEach(asker -> asker.ask("Why, asks " + name("asker")));
        askers.forEach(asker -> asker.socket().await("answer_delta"));
        heard.tryEmitEmpty();
        awaitEnds(askers);
        for (Asker asker : askers) {
            assertThat(assertEndedOnce(asker).path("reason").asString()).isEqualTo("failed");
            assertThat(asker.answers()).hasSize(1);
            assertThat(chats(asker)).hasSize(1);
        }
        awaitBackend();
        assertAllPlacesAreThere();
    }

    private static String wish(int number) {
        return RARE.getOrDefault(number, WISHES.get(number % WISHES.size()));
    }

    private static boolean asksForAFault(Asker asker) {
        return asker.question().startsWith("/fault ");
    }

    /** Ended once; tried again only where nothing was said; done only where all was said. */
    private static void assertTriedAsPromised(Asker asker) {
        JsonNode end = assertEndedOnce(asker);
        assertThat(end.path("reason").asString()).as("%s", asker).isIn("done", "failed", "timeout");
        List<Chat> chats = chats(asker);
        assertThat(chats).as("%s", asker).hasSizeBetween(1, TRIES);
        // What is reset may take with it what nobody has read yet.
        if (!asker.question().startsWith("/fault reset")) {
            assertThat(chats.subList(0, chats.size() - 1)).as("of these not a word was said: %s", asker)
                    .allMatch(chat -> chat.course().tokens() == 0);
            assertThat(end.has("seq")).as("a word that was said is kept: %s", asker)
                    .isEqualTo(chats.getLast().course().tokens() > 0);
        }
        if (isDone(asker)) {
            assertThat(chats.getLast().outcome()).as("%s", asker).isEqualTo(Outcome.FINISHED);
            assertThat(asker.answers().getFirst().path("text").asString()).isEqualTo(whole(asker));
        }
        if (asker.question().startsWith("/fault bad")) {
            assertThat(chats.stream().filter(chat -> chat.course().status() == 400)).as("%s", asker)
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    private static boolean isDone(Asker asker) {
        return reason(asker).equals("done");
    }

    private static String reason(Asker asker) {
        return asker.ends().getFirst().path("reason").asString();
    }

    /** How many have ended in each way. */
    private List<Integer> ends() {
        return Stream.of("completed", "failed", "timed_out", "cancelled").map(status()::get).map(Integer.class::cast)
                .toList();
    }

    private static int count(List<Asker> askers, String reason) {
        return (int) askers.stream().filter(asker -> reason(asker).equals(reason)).count();
    }

    /** Some faults are those of a server that has gone away, which is looked at again now and then. */
    private void awaitBackend() {
        Awaitility.await()
                .untilAsserted(() -> assertThat(status().get("backends")).asInstanceOf(
                        InstanceOfAssertFactories.list(Map.class)).singleElement()
                        .satisfies(backend -> assertThat(backend.get("state")).isEqualTo("up")));
    }
}
