package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.Rooms;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import reactor.core.Disposable;
import tools.jackson.databind.JsonNode;

class LongPollIntegrationTests extends Conversations {

    @Autowired
    private Connections connections;
    @Autowired
    private Rooms rooms;
    @Autowired
    private MeterRegistry meters;

    private JsonNode poll(Opened visitor, String query) throws Exception {
        return TestPolls.once(address() + "/poll/widget/dialogs/" + visitor.dialogId(), visitor.token(), query);
    }

    private CompletableFuture<JsonNode> polling(Opened visitor, String query) {
        long before = connections(visitor);
        CompletableFuture<JsonNode> response = CompletableFuture.supplyAsync(() -> {
            try {
                return poll(visitor, query);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Awaitility.await().until(() -> connections(visitor) == before + 1);
        return response;
    }

    /** Not all that there are: those of earlier tests may be leaving. */
    private long connections(Opened visitor) {
        return connections.all().filter(connection -> connection.dialogs().anyMatch(id -> id == visitor.dialogId()))
                .count();
    }

    private int followers() {
        return (int) meters.get("parley.followers").gauge().value();
    }

    private static List<String> types(JsonNode news) {
        return StreamSupport.stream(news.path("events").spliterator(), false)
                .map(event -> event.path("type").asString()).toList();
    }

    @Test
    void aResponseThatGotLostIsSimplyAskedForAgain() throws Exception {
        Opened visitor = visitor();
        post(visitor, "m1", "/say first", 201);
        Awaitility.await().untilAsserted(
                () -> assertThat(poll(visitor, "since=0&wait=0").path("cursor").asString()).isEqualTo("2"));
        JsonNode once = poll(visitor, "since=0&echo=true");
        assertThat(types(once)).containsExactly("message", "message");
        assertThat(poll(visitor, "since=0&echo=true")).isEqualTo(once);
    }

    @Test
    void whoWaitsIsToldWhatComes() throws Exception {
        Opened visitor = visitor();
        CompletableFuture<JsonNode> waiting = polling(visitor, "since=0&wait=30");
        post(visitor, "m1", "/say now", 201);
        assertThat(types(waiting.join())).first().isEqualTo("answer_started");
        Awaitility.await().until(() -> connections(visitor) == 0);
    }

    @Test
    void whoPollsAgainAndAgainIsNotLookedUpEachTime() throws Exception {
        Opened visitor = visitor();
        poll(visitor, "since=0&wait=1");
        post(visitor, "m1", "/say first", 201);
        // Nobody asks the table whose dialog this is; it would say: not this visitor's.
        DATABASE.execute("update dialogs set visitor_id = 'somebody else' where id = " + visitor.dialogId());
        assertThat(types(poll(visitor, "since=0&wait=1&echo=true"))).startsWith("message");
        // This cursor is newer than what is remembered of the dialog, and good, for its room has heard of the message.
        assertThat(poll(visitor, "since=1&wait=1").path("cursor").asString()).isNotEmpty();
    }

    @Test
    void whoWaitsInVainGetsAnEmptyListAndTheSameCursor() throws Exception {
        Opened visitor = visitor();
        CompletableFuture<JsonNode> waiting = polling(visitor, "wait=30");
        connections.tendAll(Instant.now().plusSeconds(31));
        JsonNode news = waiting.join();
        assertThat(news.path("events").isEmpty()).isTrue();
        assertThat(news.path("cursor").asString()).isEqualTo("0");
        assertThat(news.path("poll_after_ms").asInt()).isZero();
    }

    @Test
    void aPlainPollIsAnsweredAtOnceAndSaysWhenToComeAgain() throws Exception {
        Opened visitor = visitor();
        int first = poll(visitor, "wait=0").path("poll_after_ms").asInt();
        assertThat(first).isBetween(100, 2999);
        Awaitility.await().until(() -> poll(visitor, "wait=0").path("poll_after_ms").asInt() > first * 1.5);
        post(visitor, "m1", "/say lively", 201);
        JsonNode lively = poll(visitor, "since=0&wait=0&echo=true");
        assertThat(types(lively)).contains("message");
        assertThat(lively.path("poll_after_ms").asInt()).isZero();
    }

    @Test
    void eachPollBringsOnlyTheNewText() throws Exception {
        Opened visitor = visitor();
        StringBuilder text = new StringBuilder();
        String cursor = "0";
        try (HeldAnswer held = HeldAnswer.next(MODEL, 5, 10, 15)) {
            post(visitor, "m1", "/long 20", 201);
            for (int words = 5; words <= 15; words += 5) {
                while (!text.toString().endsWith("word" + words)) {
                    JsonNode news = poll(visitor, "wait=10&since=" + cursor);
                    cursor = news.path("cursor").asString();
                    news.path("events").forEach(event -> {
                        if (event.path("type").asString().equals("answer_delta")) {
                            assertThat(event.path("offset").asInt()).isEqualTo(text.length());
                            text.append(event.path("text").asString());
                        }
                    });
                }
                held.goOn(words);
            }
        }
        assertThat(text.toString()).startsWith("word1 word2");
        String last = cursor;
        Awaitility.await().until(() -> poll(visitor, "wait=10&since=" + last).path("cursor").asString().equals("2"));
    }

    @Test
    void anAnswerThatEndedBetweenTwoPollsIsToldToHaveEnded() throws Exception {
        Opened visitor = visitor();
        String requestId = text(answerOf(post(visitor, "m1", "/long 200", 201)), "request_id");
        String cursor = "0";
        while (!cursor.contains(requestId)) {
            cursor = poll(visitor, "wait=10&since=" + cursor).path("cursor").asString();
        }
        json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), operatorToken()), 200);
        // Messages are of the log, and the end is not: it may come a moment after them, and then with the next poll.
        List<JsonNode> told = new ArrayList<>();
        while (!cursor.equals("3")) {
            JsonNode news = poll(visitor, "wait=10&since=" + cursor);
            news.path("events").forEach(told::add);
            cursor = news.path("cursor").asString();
        }
        assertThat(told).extracting(event -> event.path("type").asString())
                .containsExactly("message", "handoff_started", "answer_finished");
        assertThat(told.getLast().path("reason").asString()).isEqualTo("handoff");
    }

    @Test
    void anAnswerThatBeginsAnewWhileAPollWaitsIsToldFromItsBeginning() throws Exception {
        Opened visitor = visitor();
        long dialog = visitor.dialogId();
        Disposable held = rooms.hold(dialog);
        rooms.publish(dialog,
                List.of(new AnswerStarted(dialog, "r", 0, 1), new AnswerDelta(dialog, "r", 0, 0, "Hello")));
        String cursor = poll(visitor, "since=0&wait=0").path("cursor").asString();
        Awaitility.await().until(() -> followers() == 0);
        CompletableFuture<JsonNode> waiting = polling(visitor, "wait=30&since=" + cursor);
        Awaitility.await().until(() -> followers() == 1);
        rooms.publish(dialog,
                List.of(new AnswerQueued(dialog, "r", 0, 1, 2, null, null), new AnswerStarted(dialog, "r", 0, 1),
                        new AnswerDelta(dialog, "r", 0, 0, "Hi")));
        JsonNode news = waiting.join();
        assertThat(types(news)).containsExactly("answer_queued", "answer_started", "answer_delta");
        assertThat(news.path("events").get(2).path("text").asString()).isEqualTo("Hi");
        assertThat(news.path("cursor").asString()).contains("~r:2");
        rooms.publish(new AnswerFinished(dialog, "r", 0, AnswerEnd.DONE, null));
        held.dispose();
    }

    @Test
    void aPlaceInTheQueueIsToldToWhoPolls() throws Exception {
        Opened busy = visitor();
        Opened visitor = visitor();
        try (TestSocket socket = widget(busy, "since=0")) {
            for (int i = 0; i < 5; i++) {
                socket.message("b" + i, "/long 2000");
            }
            Awaitility.await().until(() -> socket.frames("answer_started").size() == 5);
            post(visitor, "m1", "/say at last", 201);
            JsonNode waiting = poll(visitor, "since=0&wait=10");
            assertThat(types(waiting)).containsExactly("answer_queued");
            assertThat(waiting.path("events").get(0).path("position").asInt()).isEqualTo(1);
            assertThat(poll(visitor, "wait=0&since=" + waiting.path("cursor").asString()).path("events").isEmpty())
                    .as("it is not said twice").isTrue();
            socket.frames("answer_started").forEach(started -> socket.send(
                    "{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(started.path("request_id").asString())));
            Awaitility.await().until(() -> socket.frames("answer_finished").size() == 5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"since=-1", "since=x", "since=99", "since=1.5", "since=99999999999999999999",
            "since=0@999~a:1", "since=0@DIALOG~a", "since=0@DIALOG~a:1:2", "since=0@DIALOG~../x:1",
            "since=0@DIALOG~a:99999999999", "since=0@DIALOG!", "since=0@DIALOG!xyz",
            "since=0@DIALOG!123456789", "since=0!abc", "since=0@999!abc", "wait=-1", "wait=56", "wait=1.5", "wait=x",
            "echo=maybe"})
    void wrongParametersAreNamed(String query) {
        Opened visitor = visitor();
        String path = "/poll/widget/dialogs/%d?%s".formatted(visitor.dialogId(),
                query.replace("DIALOG", Long.toString(visitor.dialogId())));
        assertThat(text(json(request(HttpMethod.GET, path, visitor.token()), 400), "detail"))
                .startsWith(query.substring(0, query.indexOf('=')) + ":");
    }

    @Test
    void aForgedCursorTellsNothingOfOtherDialogs() throws Exception {
        Opened other = visitor();
        String requestId = text(answerOf(post(other, "m1", "/say secret", 201)), "request_id");
        Awaitility.await().until(() -> poll(other, "since=0&wait=0").path("cursor").asString().equals("2"));
        Opened visitor = visitor();
        JsonNode news = poll(visitor, "wait=0&since=0@%d~%s:3".formatted(visitor.dialogId(), requestId));
        assertThat(news.path("events").isEmpty()).isTrue();
    }

    @SuppressWarnings("unchecked")
    private static java.util.Map<String, Object> answerOf(java.util.Map<String, Object> posted) {
        return (java.util.Map<String, Object>) java.util.Objects.requireNonNull(posted.get("answer"));
    }
}
