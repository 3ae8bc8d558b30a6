package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.cluster.Truth.Answer;
import dev.parley.gateway.cluster.Truth.Row;
import dev.parley.gateway.cluster.Verdict.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Each kind of broken promise is found in a history that somebody has made up. */
class HistoryTests {

    private static final long DIALOG = 7;
    private static final long ANNA = 3;

    private final History history = new History();
    private final List<Row> log = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();

    private List<Fault> faults() {
        return new Verdict(history, new Truth(log, answers)).faults();
    }

    private void assertFault(String... words) {
        assertThat(faults()).singleElement().satisfies(fault -> {
            assertThat(fault.dialog()).isEqualTo(DIALOG);
            assertThat(fault.what()).contains(words);
        });
    }

    @Test
    void aRunInWhichAllIsKeptHasNoFault() {
        question("m1", 1, "r1");
        answer(2, "r1", "done", "fine");
        show("one", 1, 2);
        finish("one", "r1", "done", 2);
        show("two", 1, 2);
        takeOver(3);
        say("m2", 4, "");
        for (String follower : List.of("one", "two")) {
            show(follower, 3, 4);
        }
        assertThat(faults()).isEmpty();
    }

    @Test
    void whatWasAcknowledgedAndIsNotInTheLogIsFound() {
        history.said(DIALOG, "m1");
        history.acked(DIALOG, "m1", 1, "");
        assertFault("was acknowledged, but is not there");
    }

    @Test
    void whatWasAcknowledgedUnderTwoNumbersIsFound() {
        say("m1", 1, "");
        say("m2", 2, "");
        history.acked(DIALOG, "m1", 2, "");
        assertThat(faults())
                .anySatisfy(fault -> assertThat(fault.what()).contains("was acknowledged, but is not there"));
    }

    @Test
    void aHoleInTheLogIsFound() {
        row(1, "message", "user", "m1", "a", "", "");
        row(3, "message", "user", "m2", "b", "", "");
        assertFault("hole");
    }

    @Test
    void whatIsStoredTwiceIsFound() {
        say("m1", 1, "");
        row(2, "message", "user", "m1", "again", "", "");
        assertFault("stored twice");
    }

    @Test
    void anOrderThatIsNotThatOfTimeIsFound() {
        history.said(DIALOG, "m1");
        history.acked(DIALOG, "m1", 2, "");
        history.said(DIALOG, "m2");
        history.acked(DIALOG, "m2", 1, "");
        row(1, "message", "user", "m2", "b", "", "");
        row(2, "message", "user", "m1", "a", "", "");
        assertFault("stands before it");
    }

    @Test
    void aFollowerWhoMissesTheEndIsFound() {
        say("m1", 1, "");
        say("m2", 2, "");
        show("one", 1);
        assertFault("one was not shown what comes after 1");
    }

    @Test
    void aFollowerWhoMissesSomethingInBetweenIsFound() {
        say("m1", 1, "");
        say("m2", 2, "");
        show("one", 2);
        assertFault("one was shown this after 0");
    }

    @Test
    void aFollowerWhoIsShownSomethingElseIsFound() {
        say("m1", 1, "");
        history.shown(DIALOG, "one", json("message", Map.of("seq", 1, "sender", "user", "text", "another")));
        assertFault("one was shown what the log does not have");
    }

    @Test
    void anAssistantThatSpeaksAfterATakeoverIsFound() {
        question("m1", 1, "r1");
        takeOver(2);
        answer(3, "r1", "done", "late");
        assertFault("the assistant speaks while a human has the dialog");
    }

    @Test
    void anAnswerThatIsShownBehindTheEndOfItsTurnIsFoundAlsoWhereTheAssistantHasTheDialogAgain() {
        question("m1", 1, "r1");
        takeOver(2);
        row(3, "handoff_ended", "system", "", "given back", "", "");
        answers.add(new Answer(DIALOG, "r1", "handoff"));
        show("one", 1, 2, 3);
        history.shown(DIALOG, "one", json("answer_delta", Map.of("request_id", "r1", "offset", 0, "text", "late")));
        assertFault("one is shown an answer behind the end of its turn in 3");
    }

    @Test
    void aTakeoverThatWasAcknowledgedAndIsNotInTheLogIsFound() {
        history.turnTold(DIALOG, ANNA, true, true);
        assertFault("takeover that was acknowledged is not in the log");
    }

    @Test
    void twoTakeoversAtOnceAreFound() {
        takeOver(1);
        takeOver(2);
        assertFault("taken over or given back twice");
    }

    @Test
    void anAnswerThatIsPromisedWhileAHumanHasTheDialogIsFound() {
        takeOver(1);
        question("m1", 2, "r1");
        answers.add(new Answer(DIALOG, "r1", "cancelled"));
        assertFault("promised while a human had the dialog");
    }

    @Test
    void anAnswerMayBePromisedWhereTheDialogIsJustBeingGivenBack() {
        takeOver(1);
        history.turnWanted(DIALOG, ANNA, false);
        row(2, "handoff_ended", "system", "", "given back", "", "");
        question("m1", 3, "r1");
        answer(4, "r1", "done", "fine");
        history.turnTold(DIALOG, ANNA, false, true);
        assertThat(faults()).isEmpty();
    }

    @Test
    void anAnswerThatNobodyKnowsOfIsFound() {
        question("m1", 1, "r1");
        assertFault("nobody knows of it");
    }

    @Test
    void anAnswerWithoutAnEndIsFound() {
        question("m1", 1, "r1");
        answers.add(new Answer(DIALOG, "r1", "running"));
        assertFault("has no end");
    }

    @Test
    void anAnswerWhoseMessageIsMissingIsFound() {
        question("m1", 1, "r1");
        answers.add(new Answer(DIALOG, "r1", "done"));
        assertFault("another end than its message");
    }

    @Test
    void anAnswerWithTwoMessagesIsFound() {
        question("m1", 1, "r1");
        answer(2, "r1", "done", "fine");
        row(3, "message", "assistant", "b", "fine", "", "r1");
        assertFault("two messages");
    }

    @Test
    void anAnswerThatIsToldTwoEndsOfIsFound() {
        question("m1", 1, "r1");
        answer(2, "r1", "done", "fine");
        show("one", 1, 2);
        finish("one", "r1", "done", 2);
        finish("one", "r1", "done", 2);
        assertFault("one is told two ends");
    }

    @Test
    void anEndThatIsToldOtherwiseThanItIsStoredIsFound() {
        question("m1", 1, "r1");
        answer(2, "r1", "done", "fine");
        show("one", 1, 2);
        finish("one", "r1", "failed", 2);
        assertFault("one was told of another end");
    }

    @Test
    void aFollowerWhoIsToldNoEndIsFound() {
        question("m1", 1, "r1");
        answers.add(new Answer(DIALOG, "r1", "failed"));
        show("one", 1);
        assertFault("one was told no end");
    }

    private void say(String id, long seq, String request) {
        history.said(DIALOG, id);
        history.acked(DIALOG, id, seq, request);
        row(seq, "message", "user", id, "text of " + id, "", request);
    }

    private void question(String id, long seq, String request) {
        say(id, seq, request);
    }

    private void answer(long seq, String request, String state, String text) {
        answers.add(new Answer(DIALOG, request, state));
        row(seq, "message", "assistant", "a" + seq, text, "", request);
    }

    private void takeOver(long seq) {
        history.turnWanted(DIALOG, ANNA, true);
        history.turnTold(DIALOG, ANNA, true, true);
        log.add(new Row(DIALOG, seq, "handoff_started", "system", Long.toString(ANNA), "", "Anna has joined", "", ""));
    }

    private void row(long seq, String kind, String sender, String clientMsgId, String text, String state,
            String request) {
        log.add(new Row(DIALOG, seq, kind, sender, "v", clientMsgId, text, state, request));
    }

    private void show(String follower, long... seqs) {
        for (long seq : seqs) {
            Row row = log.get((int) seq - 1);
            history.shown(DIALOG, follower,
                    json(row.kind(), Map.of("seq", seq, "sender", row.sender(), "text", row.text())));
        }
    }

    private void finish(String follower, String request, String reason, long seq) {
        history.shown(DIALOG, follower,
                json("answer_finished", Map.of("request_id", request, "reason", reason, "seq", seq)));
    }

    private static JsonNode json(String type, Map<String, ?> fields) {
        ObjectNode event = JsonMapper.shared().valueToTree(fields);
        return event.put("type", type);
    }
}
