package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a client has come: the last message, what it knows of each answer in flight, and how it was told that it stands
 * with the people. It is all that there is between two polls, so it travels with the client: as a plain seq, or as
 * {@code seq@dialog~request:offset~request:qposition!people}.
 *
 * @param answers by request id; how much of the text was given, or below 0 where it waits
 * @param people the {@link PeopleShown#mark()} of what it was told last
 */
record Cursor(long seq, Map<String, Integer> answers, String people) {

    /** More answers of one dialog than a scheduler lets run; a client that has more in flight forgets the oldest. */
    private static final int MAX_ANSWERS = 32;

    /** An answer waits for its turn only, or in one of the {@link dev.parley.gateway.dialog.WaitPhase}s. */
    private static final int PHASES = 3;

    static Cursor at(long seq) {
        return new Cursor(seq, Map.of(), "");
    }

    /**
     * @param dialogId whose cursor it has to be
     * @param newest the seq of that dialog's newest message, beyond which no cursor can be
     */
    static Cursor parse(String text, long dialogId, long newest) {
        CursorText rest = new CursorText(text);
        long seq = rest.number(18);
        Map<String, Integer> answers = Map.of();
        String people = "";
        if (rest.skip('@')) {
            if (rest.number(18) != dialogId) {
                throw wrong(newest);
            }
            answers = answers(rest);
            people = rest.skip('!') ? rest.mark() : "";
        }
        if (rest.isWrong() || seq > newest) {
            throw wrong(newest);
        }
        return new Cursor(seq, answers, people);
    }

    private static Map<String, Integer> answers(CursorText rest) {
        Map<String, Integer> answers = Map.of();
        for (int read = 0; read < MAX_ANSWERS && rest.skip('~'); read++) {
            String requestId = rest.name();
            rest.expect(':');
            int sign = rest.skip('q') ? -1 : 1;
            int given = sign * Math.toIntExact(rest.number(9));
            if (read == 0) {
                answers = Map.of(requestId, given);
            } else {
                answers = read == 1 ? new LinkedHashMap<>(answers) : answers;
                answers.put(requestId, given);
            }
        }
        return answers;
    }

    private static ProblemException wrong(long newest) {
        return Problem.BAD_REQUEST.with("since: expected a cursor of this dialog, or a seq from 0 to " + newest);
    }

    String text(long dialogId) {
        if (answers.isEmpty() && people.isEmpty()) {
            return Long.toString(seq);
        }
        StringBuilder text = new StringBuilder().append(seq).append('@').append(dialogId);
        answers.forEach((requestId, given) -> text.append('~').append(requestId).append(':')
                .append(given < 0 ? "q" + -given : given));
        return people.isEmpty() ? text.toString() : text.append('!').append(people).toString();
    }

    /** What is new in an event for a client that has come so far, if anything is. */
    @Nullable
    DialogEvent newIn(DialogEvent event) {
        return switch (event) {
            case AnswerQueued queued -> known(queued.requestId(), waiting(queued)) ? null : queued;
            case AnswerStarted started -> answers.getOrDefault(started.requestId(), -1) >= 0 ? null : started;
            case AnswerDelta delta -> newIn(delta);
            case AnswerFinished finished -> wasTold(finished) ? null : finished;
            default -> event;
        };
    }

    /** A poll that finds an end in the database may be followed by one that hears it live. */
    private boolean wasTold(AnswerFinished finished) {
        return finished.seq() != null && finished.seq() <= seq && !answers.containsKey(finished.requestId());
    }

    /** Place and phase in one number below 0. */
    private static int waiting(AnswerQueued queued) {
        int phase = switch (queued.phase()) {
            case null -> 0;
            case LOADING -> 1;
            case UNAVAILABLE -> 2;
        };
        return -(PHASES * queued.position() + phase);
    }

    private boolean known(String requestId, int state) {
        Integer known = answers.get(requestId);
        return known != null && known == state;
    }

    private @Nullable AnswerDelta newIn(AnswerDelta delta) {
        int given = answers.getOrDefault(delta.requestId(), 0);
        int end = delta.offset() + delta.text().length();
        if (end == given) {
            return null;
        }
        if (delta.offset() >= given || end < given) {
            return delta; // a text that ends before what was given is of an answer that began anew
        }
        return new AnswerDelta(delta.dialogId(), delta.requestId(), delta.turn(), given,
                delta.text().substring(given - delta.offset()));
    }

    /** Where the client is after it was given the event. */
    Cursor after(DialogEvent event) {
        return switch (event) {
            case DialogEvent.Logged(Message message) -> new Cursor(message.seq(), answers, people);
            case DialogEvent.Reset reset -> new Cursor(reset.seq(), answers, people);
            case AnswerQueued queued -> with(queued.requestId(), waiting(queued));
            case AnswerStarted started -> with(started.requestId(), 0);
            case AnswerDelta delta -> with(delta.requestId(), delta.offset() + delta.text().length());
            case AnswerFinished finished -> without(finished.requestId());
            case DialogEvent.OfPerson news -> this;
            case DialogEvent.Updated updated -> this;
        };
    }

    Cursor withPeople(String mark) {
        return new Cursor(seq, answers, mark);
    }

    private Cursor with(String requestId, int given) {
        if (answers.isEmpty() || (answers.size() == 1 && answers.containsKey(requestId))) {
            return new Cursor(seq, Map.of(requestId, given), people); // most have one answer, and it grows and grows
        }
        Map<String, Integer> more = new LinkedHashMap<>(answers);
        more.put(requestId, given);
        while (more.size() > MAX_ANSWERS) {
            more.remove(more.keySet().iterator().next());
        }
        return new Cursor(seq, more, people);
    }

    private Cursor without(String requestId) {
        if (answers.size() == 1 && answers.containsKey(requestId)) {
            return new Cursor(seq, Map.of(), people);
        }
        Map<String, Integer> fewer = new LinkedHashMap<>(answers);
        fewer.remove(requestId);
        return new Cursor(seq, fewer, people);
    }
}
