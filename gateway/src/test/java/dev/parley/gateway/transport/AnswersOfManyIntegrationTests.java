package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.rehearsal.RehearsalLedger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A crowd asks at once a model that answers five at a time. */
class AnswersOfManyIntegrationTests extends ManyAskers {

    @Test
    void aHundredWhoAskAtOnceAreEachGivenTheirOwnAnswerOnceAndTheModelIsAskedByFiveAtMost() throws Exception {
        warm();
        List<Asker> askers = askers(100);
        askers.forEach(asker -> asker.ask("/say for " + name("asker") + " alone"));
        awaitEnds(askers);

        for (Asker asker : askers) {
            assertWhollyAnswered(asker);
            assertThat(asker.seqs()).as("%s", asker).containsExactly(1L, 2L);
            assertThat(log(asker)).as("%s", asker).hasSize(2).last().satisfies(answer -> {
                assertThat(answer.path("sender").asString()).isEqualTo("assistant");
                assertThat("/say " + answer.path("text").asString()).isEqualTo(asker.question());
                assertThat(answer.path("request_id").asString()).isEqualTo(asker.requestId());
            });
        }
        assertThat(mostAtOnce(chats(askers).toList())).isLessThanOrEqualTo(AT_ONCE);
        assertThat(status()).containsEntry("peak_concurrent", AT_ONCE);
    }

    @Test
    void whoeverHasThreeLongAnswersRunningHoldsUpNobodyElseAndIsRefusedAFourth() throws Exception {
        List<Asker> others = askers(20);
        Asker heavy = askers(1).getFirst();
        List<HeldAnswer> held = holdAnswersOf(heavy, 3);
        heavy.ask("/say one more");
        assertThat(heavy.ack().path("answer_refused").path("code").asString()).isEqualTo("rate_limited");

        others.forEach(asker -> asker.ask("/say short for " + name("asker")));
        others.forEach(asker -> assertThat(asker.socket().await("answer_finished").path("reason").asString())
                .isEqualTo("done"));
        assertThat(heavy.hasHeard("answer_finished")).as("the long ones run still").isFalse();
        Awaitility.await().untilAsserted(() -> assertThat(status()).containsEntry("processing", 3));

        held.forEach(HeldAnswer::close);
        heavy.socket().awaitMessage("word1 word2 word3 word4 word5 word6 word7 word8 word9");
        awaitEnds(others);
        others.forEach(ManyAskers::assertWhollyAnswered);
        assertThat(heavy.socket().frames("answer_finished")).hasSize(3)
                .allSatisfy(end -> assertThat(end.path("reason").asString()).isEqualTo("done"));
    }

    /** So many long answers of one, of which each stands still after its first words. */
    private static List<HeldAnswer> holdAnswersOf(Asker asker, int count) {
        List<HeldAnswer> held = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            held.add(HeldAnswer.next(SPEAKER, 3));
            asker.ask("/long " + (6 + i));
            String request = asker.requestId();
            asker.socket().await("answer_delta", delta -> delta.path("request_id").asString().equals(request));
        }
        return held;
    }

    private List<JsonNode> log(Asker asker) {
        return JsonMapper.shared()
                .<JsonNode>valueToTree(json(request(HttpMethod.GET,
                        "/api/widget/dialogs/%d/messages?after=0&limit=100".formatted(asker.visitor().dialogId()),
                        asker.visitor().token()), 200))
                .path("messages")
                .valueStream()
                .toList();
    }

    /** The most of these that were open at any time; all are over. */
    private static long mostAtOnce(List<RehearsalLedger.Chat> chats) {
        return chats.stream().mapToLong(chat -> {
            Instant time = chat.arrived();
            return chats.stream()
                    .filter(other -> !other.arrived().isAfter(time)
                            && Objects.requireNonNull(other.ended()).isAfter(time))
                    .count();
        }).max().orElse(0);
    }
}
