package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.WaitPhase;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.PresenceStatus;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.protocol.Described;
import dev.parley.gateway.protocol.DescribedFrames;
import dev.parley.gateway.protocol.DescribedFrames.Side;
import dev.parley.gateway.web.WireJson;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whether the documents know every event that the code can tell of, and every frame that it understands. */
class DescribedEventsTests {

    private static final String EVERYTHING = "operatorSocket";
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

    private final JsonMapper json = WireJson.mapper();
    private final EventJson events = new EventJson(json);
    private final Described openApi = Described.openApi();
    private final DescribedFrames frames = new DescribedFrames();

    @Test
    void everyEventOfADialogIsDescribed() {
        List<DialogEvent> samples = samples();
        assertThat(samples).extracting(sample -> sample.getClass().getName())
                .containsAll(kinds(DialogEvent.class).toList());
        assertThat(samples).allSatisfy(sample -> {
            JsonNode event = json.readTree(events.write(sample));
            assertThat(frames.faults(EVERYTHING, Side.GATEWAY, event)).as("%s", event).isEmpty();
            if (!(sample instanceof DialogEvent.Updated)) {
                assertThat(openApi.faults("/components/schemas/Event", event)).as("%s", event).isEmpty();
                assertThat(openApi.faults("/components/schemas/StreamEvent", event)).as("%s", event).isEmpty();
            }
        });
    }

    @Test
    void everyReplyIsDescribed() {
        Map<String, List<byte[]>> replies = replies();
        assertThat(Arrays.stream(EventJson.class.getDeclaredMethods())
                .filter(method -> method.getReturnType() == byte[].class && !Modifier.isPrivate(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !name.equals("write"))).containsExactlyInAnyOrderElementsOf(replies.keySet());
        replies.forEach((name, samples) -> samples.forEach(sample -> assertThat(
                frames.faults(EVERYTHING, Side.GATEWAY, json.readTree(sample))).as(name).isEmpty()));
    }

    @Test
    void noEventIsDescribedThatNobodyTellsOf() {
        Set<String> told = Stream
                .concat(samples().stream().map(events::write), replies().values().stream().flatMap(List::stream))
                .map(event -> TestSocket.type(json.readTree(event))).collect(Collectors.toSet());
        assertThat(frames.types(EVERYTHING, Side.GATEWAY)).isEqualTo(told);
    }

    @Test
    void everyFrameIsDescribedAndUnderstood() {
        List<JsonNode> examples = Stream.of(EVERYTHING, "visitorDialog")
                .flatMap(channel -> frames.examples(channel, Side.CLIENT).stream()).toList();
        assertThat(examples)
                .extracting(example -> ClientFrame.read(json, example.toString()).frame().getClass().getName())
                .containsAll(kinds(ClientFrame.class).toList());
    }

    /** The names of all records below a sealed type. */
    private static Stream<String> kinds(Class<?> type) {
        Class<?>[] kinds = type.getPermittedSubclasses();
        return kinds == null ? Stream.of(type.getName()) : Arrays.stream(kinds).flatMap(DescribedEventsTests::kinds);
    }

    private static List<DialogEvent> samples() {
        List<DialogEvent> samples = new ArrayList<>(List.of(
                new DialogEvent.AnswerQueued(7, "r1", 1, 43, 2, Duration.ofMillis(2500), null),
                new DialogEvent.AnswerQueued(7, "r1", 1, 43, 2, null, WaitPhase.LOADING),
                new DialogEvent.AnswerQueued(7, "r1", 1, 43, 2, null, WaitPhase.UNAVAILABLE),
                new DialogEvent.AnswerStarted(7, "r1", 1, 43),
                new DialogEvent.AnswerDelta(7, "r1", 1, 0, "Let me look"),
                new DialogEvent.AnswerFinished(7, "r1", 1, AnswerEnd.DONE, 44L, 3, true),
                new DialogEvent.Typing(7, Sender.MANAGER, "3", "Anna", true),
                new DialogEvent.Typing(7, Sender.USER, "v_1", null, false),
                new DialogEvent.Receipt(7, Sender.MANAGER, "3", 43, 42, NOW),
                new DialogEvent.Reset(7, 4711),
                new DialogEvent.Updated(dialog("Ada")), new DialogEvent.Updated(dialog(null))));
        for (AnswerEnd end : AnswerEnd.values()) {
            samples.add(new DialogEvent.AnswerFinished(7, "r1", 1, end, null));
        }
        for (PresenceStatus status : PresenceStatus.values()) {
            samples.add(new DialogEvent.Presence(7, Sender.USER, "v_1", "Ada", status, NOW));
        }
        for (Message.Kind kind : Message.Kind.values()) {
            samples.add(logged(kind, kind == Message.Kind.MESSAGE ? Sender.USER : Sender.SYSTEM, null));
        }
        for (Message.State state : Message.State.values()) {
            samples.add(logged(Message.Kind.MESSAGE, Sender.ASSISTANT, state));
        }
        samples.add(logged(Message.Kind.MESSAGE, Sender.MANAGER, null));
        return samples;
    }

    private static DialogEvent logged(Message.Kind kind, Sender sender, Message.@Nullable State state) {
        return new DialogEvent.Logged(message(kind, sender, state));
    }

    private static Message message(Message.Kind kind, Sender sender, Message.@Nullable State state) {
        return new Message(7, 43, 1043, kind, sender, "3", "Anna", sender == Sender.SYSTEM ? null : "m1", "Hello",
                state,
                "r1", 1, NOW);
    }

    private static Dialog dialog(@Nullable String name) {
        return new Dialog(7, 1L, "Parley", name == null ? null : 2L, "v_1", name,
                name == null ? null : "ada@example.com", name == null ? null : "https://shop.example/",
                Dialog.Mode.HUMAN,
                Dialog.Status.OPEN, false, name == null ? null : new Dialog.Assignee(3, "Anna"), 2, 43, NOW, NOW);
    }

    private Map<String, List<byte[]>> replies() {
        Message stored = message(Message.Kind.MESSAGE, Sender.USER, null);
        List<byte[]> acks = List.of(
                events.ack(new DialogCommands.Posted(stored, false, new Answers.Asked("r1", 0), null)),
                events.ack(new DialogCommands.Posted(stored, true, null, null)),
                events.ack(new DialogCommands.Posted(stored, false, null,
                        Problem.QUEUE_FULL.exception().retryAfter(Duration.ofSeconds(1)))));
        List<byte[]> errors = Arrays.stream(Problem.values())
                .flatMap(problem -> Stream.of(events.error(null, problem.exception(), null),
                        events.error(7L, problem.with("why").retryAfter(Duration.ofSeconds(1)), "m1")))
                .toList();
        return Map.of("hello", Arrays.stream(Audience.values())
                .map(audience -> events.hello(dialog("Ada"), "c1", audience, Duration.ofSeconds(25))).toList(),
                "inboxHello", List.of(events.inboxHello("c1", Audience.ADMIN, Duration.ofSeconds(25))),
                "ack", acks,
                "error", errors,
                "goodbye", List.of(events.goodbye(null, Duration.ofSeconds(3)), events.goodbye(7L, Duration.ZERO)),
                "ping", List.of(events.ping(null), events.ping(7L)),
                "pong", List.of(events.pong(null), events.pong(7L)),
                "unsubscribed", List.of(events.unsubscribed(7L)));
    }
}
