package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.cluster.Verdict.Fault;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * What all clients of one run did and were told, each thing with its time, and what is promised of all of it together. A
 * {@link dev.parley.gateway.client.Judge} knows one client; here are all of them, and at the end what the database has. Safe
 * for all threads.
 */
final class History {

    private static final int SHOWN_WITH_FAULTS = 60;

    private static final Pattern REQUEST = Pattern.compile("[0-9a-f]{8}-[0-9a-f-]{27}");

    private final long start = System.nanoTime();
    private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();

    /** One thing that happened; its time is in nanoseconds from the beginning, as a client saw it. */
    sealed interface Entry {

        long at();

        long dialog();
    }

    /** Somebody begins to say something, or says it again. */
    record Said(long at, long dialog, String clientMsgId) implements Entry {}

    /** It is stored, its sender was told; the request is empty where no answer was promised. */
    record Acked(long at, long dialog, String clientMsgId, long seq, String request) implements Entry {}

    /** A follower was told something. */
    record Shown(long at, long dialog, String follower, JsonNode event) implements Entry {}

    /** An operator wants to have a dialog, or to give it back. */
    record TurnWanted(long at, long dialog, long operator, boolean takeover) implements Entry {}

    /** The operator was told what came of it. */
    record TurnTold(long at, long dialog, long operator, boolean takeover, boolean granted) implements Entry {}

    void said(long dialog, String clientMsgId) {
        entries.add(new Said(now(), dialog, clientMsgId));
    }

    void acked(long dialog, String clientMsgId, long seq, String request) {
        entries.add(new Acked(now(), dialog, clientMsgId, seq, request));
    }

    void shown(long dialog, String follower, JsonNode event) {
        entries.add(new Shown(now(), dialog, follower, event));
    }

    void turnWanted(long dialog, long operator, boolean takeover) {
        entries.add(new TurnWanted(now(), dialog, operator, takeover));
    }

    void turnTold(long dialog, long operator, boolean takeover, boolean granted) {
        entries.add(new TurnTold(now(), dialog, operator, takeover, granted));
    }

    private long now() {
        return System.nanoTime() - start;
    }

    /** All of one kind, in order. */
    <E extends Entry> List<E> all(Class<E> kind) {
        return entries.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** How many messages were acknowledged so far. */
    int acknowledged() {
        return all(Acked.class).size();
    }

    /** All that was promised has been kept. */
    void assertKept(Truth truth) {
        List<Fault> faults = new Verdict(this, truth).faults();
        assertThat(faults)
                .as(() -> story(faults.getFirst().dialog(), faults.getFirst().what()))
                .isEmpty();
    }

    /** What has to do with a fault: its answer, where it is about one, and who has come and gone. */
    String story(long dialog, String fault) {
        Matcher request = REQUEST.matcher(fault);
        String about = request.find() ? request.group() : "";
        List<Entry> ofDialog = entries.stream()
                .filter(entry -> entry.dialog() == dialog && (entry.toString().contains(about)
                        || entry.toString().contains("\"hello\"") || entry.toString().contains("handoff")))
                .toList();
        return "\nwhat has to do with it:\n" + ofDialog.stream()
                .skip(Math.max(0, ofDialog.size() - SHOWN_WITH_FAULTS))
                .map(entry -> "%,d us %s".formatted(entry.at() / 1_000, entry))
                .collect(Collectors.joining("\n"));
    }
}
