package dev.parley.gateway.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What one client has been told of a dialog, over all its connections, and whether it was told so as it was promised: each
 * message once and in order, texts that grow without a hole, one end of each answer, and no word of the assistant where it
 * has nothing to say. The first thing that is not so is an {@link AssertionError} for whoever tells or asks. Safe for all
 * threads.
 */
public final class Judge {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration BRIEFLY = Duration.ofMillis(300);

    private final boolean seesAll;
    private final List<JsonNode> log = new ArrayList<>();
    private final Map<String, Answer> answers = new HashMap<>();
    private final Map<String, JsonNode> replies = new HashMap<>();
    private final Set<String> typing = new HashSet<>();
    private final Set<String> heardAnew = new HashSet<>();
    private long last;
    private boolean silenced;
    private boolean greetingDue;
    private boolean tolerant;
    private int connections;
    private @Nullable Throwable failure;

    /** One answer as it is shown. */
    private static final class Answer {

        private final StringBuilder text = new StringBuilder();
        private String reason = "";
        private boolean stored;

        boolean isOver() {
            return stored || !reason.isEmpty();
        }

        @Override
        public String toString() {
            return "\"%s\" (%s)".formatted(text, reason);
        }
    }

    /**
     * @param seesAll whether every message has to come; else the seqs of one's own are left out
     * @param since the seq after which messages are wanted
     */
    Judge(boolean seesAll, long since) {
        this.seesAll = seesAll;
        this.last = since;
    }

    static boolean isDurable(JsonNode event) {
        return event.has("seq") && (event.has("sender") || event.path("type").asString().equals("reset"));
    }

    /** A new connection: it begins with a hello, where its carrier has one, and tells all of answers in flight anew. */
    synchronized void connected(Carrier carrier) {
        connections++;
        greetingDue = carrier != Carrier.POLL;
        heardAnew.clear();
        typing.clear();
        if (greetingDue) {
            heardAnew.addAll(answers.keySet());
        }
        notifyAll();
    }

    synchronized void take(JsonNode event) {
        String type = event.path("type").asString();
        check(!greetingDue || type.equals("hello"), "a hello is the first of all", event);
        greetingDue = false;
        switch (type) {
            case "answer_queued", "answer_started" -> begun(event);
            case "answer_delta" -> grown(event);
            case "answer_finished" -> finished(event);
            case "typing_start" -> typing.add(event.path("sender").asString());
            case "typing_stop" -> typing.remove(event.path("sender").asString());
            case "ack", "error" -> replies.put(event.path("client_msg_id").asString(""), event);
            case "reset" -> last = event.path("seq").asLong();
            case "goodbye" -> check(false, "nobody stops the gateway here", event);
            default -> {
                if (isDurable(event)) {
                    logged(event, type);
                }
            }
        }
        notifyAll();
    }

    private void logged(JsonNode event, String type) {
        long seq = event.path("seq").asLong();
        check(seq > last, "each message comes once and in order, and %d was the last one".formatted(last), event);
        check(!seesAll || seq == last + 1, "no message is left out, and %d was the last one".formatted(last), event);
        last = seq;
        log.add(event);
        switch (type) {
            case "handoff_started", "dialog_closed" -> silenced = true;
            case "handoff_ended", "dialog_reopened" -> silenced = false;
            default -> {
            }
        }
        if (event.path("sender").asString().equals("assistant")) {
            check(!silenced, "the assistant is silent", event);
            Answer answer = answer(event);
            String text = event.path("text").asString();
            check(!answer.stored, "an answer becomes one message", event);
            check(text.startsWith(answer.text.toString()) || (tolerant && isPartOf(answer, event)),
                    "a message is what was seen growing: " + answer.text, event);
            answer.stored = true;
            check(answer.reason.isEmpty() || isEndOf(answer.reason, event), "ended as " + answer.reason, event);
        }
    }

    /** Whoever has ended the turn could not reach the node that told of the answer, and has kept what it knew. */
    private static boolean isPartOf(Answer answer, JsonNode message) {
        return message.path("state").asString("").equals("cancelled")
                && answer.text.toString().startsWith(message.path("text").asString());
    }

    private void begun(JsonNode event) {
        check(!silenced, "the assistant is silent", event);
        check(!answer(event).isOver(), "nothing follows an answer's end", event);
    }

    private void grown(JsonNode delta) {
        begun(delta);
        Answer answer = answer(delta);
        int offset = delta.path("offset").asInt();
        check(offset <= answer.text.length(), "no hole: known are %d".formatted(answer.text.length()), delta);
        check(!heardAnew.remove(delta.path("request_id").asString()) || offset == 0, "a newcomer is told all", delta);
        String words = delta.path("text").asString();
        int known = Math.min(words.length(), answer.text.length() - offset);
        check(answer.text.substring(offset, offset + known).equals(words.substring(0, known)),
                "nothing that was said is changed: " + answer.text, delta);
        answer.text.replace(offset, answer.text.length(), words);
    }

    private void finished(JsonNode event) {
        Answer answer = answer(event);
        check(answer.reason.isEmpty(), "an answer ends once", event);
        answer.reason = event.path("reason").asString();
        check(event.has("seq") == answer.stored || !event.has("seq") || event.path("seq").asLong() <= last,
                "the message comes before the end", event);
        log.stream().filter(message -> isOf(event, message)).findFirst()
                .ifPresent(message -> check(isEndOf(answer.reason, message), "stored was " + message, event));
    }

    private static boolean isOf(JsonNode event, JsonNode message) {
        return message.path("request_id").equals(event.path("request_id"));
    }

    private static boolean isEndOf(String reason, JsonNode message) {
        return switch (message.path("state").asString("")) {
            case "" -> reason.equals("done");
            case "cancelled" -> reason.equals("cancelled") || reason.equals("handoff");
            default -> reason.equals("failed") || reason.equals("timeout");
        };
    }

    private Answer answer(JsonNode event) {
        return answers.computeIfAbsent(event.path("request_id").asString(), unknown -> new Answer());
    }

    private void check(boolean right, String promise, JsonNode event) {
        if (!right) {
            throw new AssertionError(promise + ", but this came: " + event);
        }
    }

    /** An answer that was cut off may have been seen to grow longer than what was kept: where nodes cannot reach each other. */
    public synchronized void tolerateMoreThanWasKept() {
        tolerant = true;
    }

    /** What was wrong, for those who wait. */
    synchronized void fail(Throwable wrong) {
        if (failure == null) {
            failure = wrong;
        }
        notifyAll();
    }

    /** Waits until it is so; fails where that does not come, or where anything was wrong meanwhile. */
    public void await(String what, Predicate<Judge> wanted) {
        await(what, PATIENCE, wanted);
    }

    /** As {@link #await(String, Predicate)}, with more patience. */
    public synchronized void await(String what, Duration patience, Predicate<Judge> wanted) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            if (failure != null) {
                throw new AssertionError("while waiting for " + what + ": " + failure.getMessage(), failure);
            }
            if (wanted.test(this)) {
                return;
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("%s has not come; what came last of %d is %s, with the answers %s".formatted(
                        what, log.size(), log.subList(Math.max(0, log.size() - 5), log.size()), answers.values()));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting for " + what, e);
            }
        }
    }

    /** Waits a moment for what may come or not. */
    public synchronized void awaitBriefly(Predicate<Judge> wanted) {
        long end = System.nanoTime() + BRIEFLY.toNanos();
        try {
            while (failure == null && !wanted.test(this) && System.nanoTime() < end) {
                wait(BRIEFLY.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The seq of the last message. */
    public synchronized long last() {
        return last;
    }

    /** How often it has begun to follow. */
    public synchronized int connections() {
        return connections;
    }

    /** All messages so far, in order. */
    public synchronized List<JsonNode> log() {
        return List.copyOf(log);
    }

    /** Whether an event of this type is in the log. */
    public synchronized boolean hasLogged(String type) {
        return log.stream().anyMatch(event -> event.path("type").asString().equals(type));
    }

    /** As much of an answer as is shown while it grows. */
    public synchronized String text(String requestId) {
        Answer answer = answers.get(requestId);
        return answer == null ? "" : answer.text.toString();
    }

    /** Why an answer has ended, as far as that was told. */
    public synchronized String reason(String requestId) {
        Answer answer = answers.get(requestId);
        return answer == null ? "" : answer.reason;
    }

    /** Whether an answer's end is known: told, or seen by its message. */
    public synchronized boolean isOver(String requestId) {
        Answer answer = answers.get(requestId);
        return answer != null && answer.isOver();
    }

    /** Whether somebody of that side types now, as far as is known. */
    public synchronized boolean types(String sender) {
        return typing.contains(sender);
    }

    /** The gateway's word about a message of one's own: an acknowledgement or an error. */
    synchronized void reply(String clientMsgId, JsonNode reply) {
        replies.put(clientMsgId, reply);
        notifyAll();
    }

    /** What was said about a message of one's own, which has to be something. */
    JsonNode awaitReply(String clientMsgId) {
        await("an answer to " + clientMsgId, judge -> judge.replies.containsKey(clientMsgId));
        synchronized (this) {
            return replies.getOrDefault(clientMsgId, Link.JSON.nullNode());
        }
    }

    synchronized void forgetReply(String clientMsgId) {
        replies.remove(clientMsgId);
    }

    /** What was said about a message of one's own; null where that does not come in time. */
    synchronized @Nullable JsonNode replyWithin(String clientMsgId, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            for (long left = patience.toMillis(); left > 0 && !replies.containsKey(clientMsgId); left = (end
                    - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return replies.get(clientMsgId);
    }

    synchronized boolean isReplied(String clientMsgId) {
        return replies.containsKey(clientMsgId);
    }
}
