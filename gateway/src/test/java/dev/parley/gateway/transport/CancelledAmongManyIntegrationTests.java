package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** Some of a crowd take back what they have asked, and others are given a human, at any moment of their answers. */
class CancelledAmongManyIntegrationTests extends ManyAskers {

    private static final int WAITING = 35;

    /** What is done, and when. */
    private record Fate(Deed deed, Moment moment) {

        static Fate any(Random random) {
            return new Fate(any(random, Deed.values()), any(random, Moment.values()));
        }

        @SafeVarargs
        private static <T> T any(Random random, T... all) {
            return all[random.nextInt(all.length)];
        }
    }

    private enum Deed {
        NONE, CANCEL, TAKE_OVER
    }

    private enum Moment {
        NOW(""), AT_START("answer_started"), AT_A_WORD("answer_delta");

        private final String event;

        Moment(String event) {
            this.event = event;
        }

        boolean hasCome(Asker asker) {
            return event.isEmpty() || asker.hasHeard(event) || asker.isAnswered();
        }
    }

    private record Fated(Asker asker, Fate fate) {}

    @Test
    void whatIsCancelledOrTakenOverEndsOnceAndNothingIsSaidAfterIt() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Asker> running = askers(AT_ONCE);
        List<Asker> waiting = askers(WAITING);
        List<HeldAnswer> held = holdAnswers(running);
        waiting.forEach(asker -> asker.ask("Why, asks " + name("asker")));
        Awaitility.await().until(() -> waiting.stream().allMatch(asker -> asker.hasHeard("ack")));

        Collections.shuffle(waiting, random);
        List<Asker> cancelled = waiting.subList(0, 9);
        List<Asker> takenOver = waiting.subList(9, 18);
        for (int i = 0; i < cancelled.size(); i++) {
            cancelAndBeTold(cancelled.get(i));
            takeOver(takenOver.get(i));
        }
        List<Fated> others = Stream.concat(running.stream(), waiting.stream().skip(18))
                .map(asker -> new Fated(asker, Fate.any(random)))
                .toList();
        doTo(others, () -> held.forEach(HeldAnswer::close));
        awaitEnds(Stream.concat(running.stream(), waiting.stream()).toList());

        String which = "seed %d: ".formatted(seed);
        for (Asker asker : cancelled) {
            assertNeverBegun(which, asker, "cancelled");
        }
        for (Asker asker : takenOver) {
            assertNeverBegun(which, asker, "handoff");
            assertSilent(which, asker);
        }
        for (Fated one : others) {
            assertEnded(which + one.fate() + ": ", one);
        }
        assertThat(status()).as(which).containsEntry("peak_concurrent", AT_ONCE);
        assertAllPlacesAreThere();
    }

    /** All at the moment that is right for each, side by side. */
    private void doTo(List<Fated> all, Runnable meanwhile) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (Fated one : all) {
                done.add(threads.submit(() -> doTo(one.asker(), one.fate())));
            }
            meanwhile.run();
            for (Future<?> each : done) {
                each.get();
            }
        }
    }

    private void doTo(Asker asker, Fate fate) {
        Awaitility.await().until(() -> fate.moment().hasCome(asker));
        switch (fate.deed()) {
            case CANCEL -> asker.cancel();
            case TAKE_OVER -> takeOver(asker);
            case NONE -> {
            }
        }
    }

    private void cancelAndBeTold(Asker asker) {
        assertThat(json(request(HttpMethod.DELETE, "/api/ai/requests/" + asker.requestId(), asker.visitor().token()),
                200)).containsEntry("cancelled", 1);
    }

    private void takeOver(Asker asker) {
        json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(asker.visitor().dialogId()), cachedAdmin()),
                200);
    }

    /** It waited when it was ended: the model has never heard of it. */
    private static void assertNeverBegun(String which, Asker asker, String reason) {
        assertThat(assertEndedOnce(asker).path("reason").asString()).as("%s%s", which, asker).isEqualTo(reason);
        assertThat(asker.answers()).as("%s%s", which, asker).isEmpty();
        assertThat(asker.hasHeard("answer_started")).as("%s%s", which, asker).isFalse();
        assertThat(chats(asker)).as("%s%s", which, asker).isEmpty();
    }

    private static void assertEnded(String which, Fated one) {
        Asker asker = one.asker();
        String reason = assertEndedOnce(asker).path("reason").asString();
        switch (one.fate().deed()) {
            case NONE -> assertWhollyAnswered(asker);
            case CANCEL -> {
                assertThat(reason).as("%s%s", which, asker).isIn("cancelled", "done");
                if (!asker.hasHeard("answer_started")) {
                    assertThat(chats(asker)).as("%s%s", which, asker).isEmpty();
                }
            }
            case TAKE_OVER -> {
                assertThat(reason).as("%s%s", which, asker).isIn("handoff", "done");
                assertSilent(which, asker);
            }
        }
        assertThat(chats(asker)).as("%sasked once at most: %s", which, asker).hasSizeLessThanOrEqualTo(1);
    }

    /** After a human has come there is nothing of the assistant. */
    private static void assertSilent(String which, Asker asker) {
        List<JsonNode> after = asker.after("handoff_started").orElseThrow();
        assertThat(after).as("%s%s", which, asker).noneMatch(event -> Asker.isAssistants(event)
                || TestSocket.type(event).startsWith("answer_"));
    }
}
