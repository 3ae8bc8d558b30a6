package dev.parley.gateway.cluster;

import static java.util.stream.Collectors.groupingBy;

import dev.parley.gateway.cluster.History.Acked;
import dev.parley.gateway.cluster.History.Said;
import dev.parley.gateway.cluster.History.Shown;
import dev.parley.gateway.cluster.History.TurnTold;
import dev.parley.gateway.cluster.History.TurnWanted;
import dev.parley.gateway.cluster.Truth.Answer;
import dev.parley.gateway.cluster.Truth.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Looks at a whole run for what was promised and is not so:
 *
 * <ul>
 * <li>the log's numbers are dense, nothing is in it twice, and what was said after something was acknowledged stands behind it;
 * <li>what was acknowledged is in the log, and every follower was shown all of the log, in its order;
 * <li>a dialog is not taken over twice, and while a human has it the assistant neither speaks nor promises to;
 * <li>no word of an answer is shown behind the end of its turn;
 * <li>each answer has one end, the same for all, and at most one message.
 * </ul>
 */
final class Verdict {

    private final History history;
    private final Truth truth;
    private final List<Fault> faults = new ArrayList<>();

    /** A promise that was broken. */
    record Fault(long dialog, String what) {}

    Verdict(History history, Truth truth) {
        this.history = history;
        this.truth = truth;
    }

    List<Fault> faults() {
        var rows = truth.log().stream().collect(groupingBy(Row::dialog));
        var answers = truth.answers().stream().collect(groupingBy(Answer::dialog));
        var said = history.all(Said.class).stream().collect(groupingBy(Said::dialog));
        var acked = history.all(Acked.class).stream().collect(groupingBy(Acked::dialog));
        var shown = history.all(Shown.class).stream().collect(groupingBy(Shown::dialog));
        var wanted = history.all(TurnWanted.class).stream().collect(groupingBy(TurnWanted::dialog));
        var told = history.all(TurnTold.class).stream().collect(groupingBy(TurnTold::dialog));
        Set<Long> dialogs = new TreeSet<>(rows.keySet());
        dialogs.addAll(acked.keySet());
        dialogs.addAll(shown.keySet());
        dialogs.addAll(answers.keySet());
        dialogs.addAll(told.keySet());
        for (long id : dialogs) {
            new OfDialog(id, rows.getOrDefault(id, List.of()), answers.getOrDefault(id, List.of()),
                    said.getOrDefault(id, List.of()), acked.getOrDefault(id, List.of()),
                    shown.getOrDefault(id, List.of()), wanted.getOrDefault(id, List.of()),
                    told.getOrDefault(id, List.of())).judge();
        }
        return List.copyOf(faults);
    }

    private static boolean endsTurn(String kind) {
        return kind.equals("handoff_started") || kind.equals("handoff_ended");
    }

    private final class OfDialog {

        private final long id;
        private final List<Row> log;
        private final List<Answer> answers;
        private final List<Said> said;
        private final List<Acked> acked;
        private final List<Shown> shown;
        private final List<TurnWanted> wanted;
        private final List<TurnTold> told;
        /** The seq of the question, by request. */
        private final Map<String, Long> questions = new HashMap<>();
        private final Map<String, Row> answered = new HashMap<>();

        OfDialog(long id, List<Row> log, List<Answer> answers, List<Said> said, List<Acked> acked, List<Shown> shown,
                List<TurnWanted> wanted, List<TurnTold> told) {
            this.id = id;
            this.log = log;
            this.answers = answers;
            this.said = said;
            this.acked = acked;
            this.shown = shown;
            this.wanted = wanted;
            this.told = told;
        }

        private void fault(String what) {
            faults.add(new Fault(id, what));
        }

        void judge() {
            judgeLog();
            judgeTurns();
            judgeAcknowledgements();
            judgeTime();
            judgeAnswers();
            shown.stream().collect(groupingBy(Shown::follower)).forEach(this::judgeFollower);
        }

        private void judgeLog() {
            Set<List<String>> names = new HashSet<>();
            for (int i = 0; i < log.size(); i++) {
                Row row = log.get(i);
                if (row.seq() != i + 1) {
                    fault("the log has a hole or a double: %s (expected: %d)".formatted(row, i + 1));
                    return;
                }
                if (!row.clientMsgId().isEmpty()
                        && !names.add(List.of(row.sender(), row.senderId(), row.clientMsgId()))) {
                    fault("is stored twice: %s".formatted(row));
                }
                if (row.sender().equals("user") && !row.request().isEmpty()) {
                    questions.put(row.request(), row.seq());
                }
                if (row.sender().equals("assistant") && answered.put(row.request(), row) != null) {
                    fault("an answer has two messages: %s".formatted(row));
                }
            }
        }

        private void judgeTurns() {
            boolean human = false;
            for (Row row : log) {
                if (endsTurn(row.kind())) {
                    boolean taken = row.kind().equals("handoff_started");
                    if (taken == human) {
                        fault("is taken over or given back twice: %s".formatted(row));
                    }
                    human = taken;
                } else if (human && row.sender().equals("assistant")) {
                    fault("the assistant speaks while a human has the dialog: %s".formatted(row));
                }
            }
            for (TurnTold change : told) {
                if (change.granted() && change.takeover() && log.stream().noneMatch(row -> row.kind()
                        .equals("handoff_started") && row.senderId().equals(Long.toString(change.operator())))) {
                    fault("a takeover that was acknowledged is not in the log: %s".formatted(change));
                }
            }
        }

        private void judgeAcknowledgements() {
            for (Acked ack : acked) {
                Row row = ack.seq() < 1 || ack.seq() > log.size() ? null : log.get((int) ack.seq() - 1);
                if (row == null || !row.clientMsgId().equals(ack.clientMsgId())) {
                    fault("was acknowledged, but is not there in the log: %s (there is: %s)".formatted(ack, row));
                } else if (!ack.request().isEmpty() && answers.stream()
                        .noneMatch(answer -> answer.request().equals(ack.request()))) {
                    fault("an answer was promised, and nobody knows of it: %s".formatted(ack));
                }
                if (!ack.request().isEmpty() && isHumansFor(ack)) {
                    fault("an answer was promised while a human had the dialog: %s".formatted(ack));
                }
            }
        }

        /** Whether it was first said after a takeover was acknowledged, and told before anybody wanted to give it back. */
        private boolean isHumansFor(Acked ack) {
            long from = firstSaid(ack.clientMsgId());
            long takenAt = told.stream()
                    .filter(change -> change.takeover() && change.granted() && change.at() < from)
                    .mapToLong(TurnTold::at)
                    .max()
                    .orElse(Long.MAX_VALUE);
            return takenAt < from && wanted.stream()
                    .filter(change -> !change.takeover() && change.at() < ack.at())
                    .noneMatch(change -> isOpenAfter(change, takenAt));
        }

        /** What was wanted before may have come to pass later, as long as nobody was told what came of it. */
        private boolean isOpenAfter(TurnWanted change, long time) {
            return told.stream()
                    .filter(end -> !end.takeover() && end.operator() == change.operator() && end.at() > change.at())
                    .mapToLong(TurnTold::at)
                    .min()
                    .orElse(Long.MAX_VALUE) > time;
        }

        private long firstSaid(String clientMsgId) {
            return said.stream().filter(one -> one.clientMsgId().equals(clientMsgId)).mapToLong(Said::at).min()
                    .orElse(Long.MIN_VALUE);
        }

        private void judgeTime() {
            for (Acked later : acked) {
                long begun = firstSaid(later.clientMsgId());
                acked.stream()
                        .filter(earlier -> earlier.at() < begun && earlier.seq() >= later.seq()
                                && !earlier.clientMsgId().equals(later.clientMsgId()))
                        .findFirst()
                        .ifPresent(earlier -> fault("was said after %s was acknowledged, and stands before it: %s"
                                .formatted(earlier, later)));
            }
        }

        private void judgeAnswers() {
            for (Answer answer : answers) {
                Row message = answered.get(answer.request());
                if (answer.isOpen()) {
                    fault("an answer has no end: %s".formatted(answer));
                } else if (!fits(answer.state(), message)) {
                    fault("an answer has another end than its message: %s, %s".formatted(answer, message));
                }
            }
        }

        private static boolean fits(String end, @Nullable Row message) {
            return switch (end) {
                case "done" -> message != null && message.state().isEmpty();
                case "cancelled", "handoff" -> message == null || message.state().equals("cancelled");
                default -> message == null || message.state().equals("failed");
            };
        }

        private void judgeFollower(String follower, List<Shown> heard) {
            long last = 0;
            long turnEnd = 0;
            Map<String, String> ends = new HashMap<>();
            for (Shown one : heard) {
                JsonNode event = one.event();
                String type = event.path("type").asString();
                String request = event.path("request_id").asString("");
                if (event.has("seq") && event.has("sender")) {
                    last = judgeMessage(follower, event, last);
                    turnEnd = endsTurn(type) ? event.path("seq").asLong() : turnEnd;
                } else if (type.equals("answer_finished")) {
                    String before = ends.put(request, event.path("reason").asString());
                    if (before != null) {
                        fault("%s is told two ends of an answer: %s, %s".formatted(follower, before, event));
                    }
                    judgeEnd(follower, event, request);
                } else if (type.startsWith("answer_") && questions.getOrDefault(request, Long.MAX_VALUE) < turnEnd) {
                    fault("%s is shown an answer behind the end of its turn in %d: %s".formatted(follower, turnEnd,
                            event));
                }
            }
            if (last < log.size()) {
                fault("%s was not shown what comes after %d of %d".formatted(follower, last, log.size()));
                return;
            }
            for (Answer answer : answers) {
                if (!ends.containsKey(answer.request()) && !answered.containsKey(answer.request())
                        && questions.getOrDefault(answer.request(), Long.MAX_VALUE) > turnEnd) {
                    fault("%s was told no end of an answer: %s".formatted(follower, answer));
                }
            }
        }

        private long judgeMessage(String follower, JsonNode event, long last) {
            long seq = event.path("seq").asLong();
            if (seq != last + 1) {
                fault("%s was shown this after %d: %s".formatted(follower, last, event));
            }
            Row row = seq < 1 || seq > log.size() ? null : log.get((int) seq - 1);
            if (row == null || !row.text().equals(event.path("text").asString())
                    || !row.sender().equals(event.path("sender").asString())
                    || !row.kind().equals(event.path("type").asString())
                    || !row.state().equals(event.path("state").asString(""))) {
                fault("%s was shown what the log does not have there: %s (there is: %s)".formatted(follower, event,
                        row));
            }
            return seq;
        }

        private void judgeEnd(String follower, JsonNode event, String request) {
            Answer answer = answers.stream().filter(one -> one.request().equals(request)).findFirst().orElse(null);
            Row message = answered.get(request);
            if (answer == null || !answer.state().equals(event.path("reason").asString())
                    || (event.has("seq") && (message == null || message.seq() != event.path("seq").asLong()))) {
                fault("%s was told of another end of an answer: %s (there is: %s, %s)".formatted(follower, event,
                        answer,
                        message));
            }
        }
    }
}
