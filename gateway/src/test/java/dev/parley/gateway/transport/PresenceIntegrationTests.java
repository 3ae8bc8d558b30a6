package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** Who is here and who types, as others see it on each transport. */
class PresenceIntegrationTests extends Conversations {

    private static Predicate<JsonNode> presence(String sender, String status) {
        return event -> event.path("type").asString().equals("presence")
                && event.path("sender").asString().equals(sender) && event.path("status").asString().equals(status);
    }

    @ParameterizedTest
    @EnumSource(Reader.Transport.class)
    void eachSideSeesTheOtherComeAndTheNewcomerSeesWhoIsHere(Reader.Transport transport) throws Exception {
        Opened visitor = visitor();
        try (Reader widget = Reader.open(transport, address(), visitor, "0");
                Reader console = Reader.operator(transport, address(), visitor.dialogId(), operatorToken(), "0")) {
            JsonNode operator = widget.await(presence("manager", "online"));
            assertThat(operator.path("sender_id").asString()).isNotEmpty();
            assertThat(operator.path("last_seen").asString()).endsWith("Z");
            console.await(presence("user", "online"));
            assertThat(widget.of("presence")).noneMatch(presence("user", "online"));
            assertThat(console.of("presence")).noneMatch(presence("manager", "online"));
        }
    }

    @Test
    void whoHasGoneIsSeenToHaveGone() throws Exception {
        Opened visitor = visitor();
        try (TestSocket console = operator(visitor.dialogId(), operatorToken())) {
            try (TestSocket widget = widget(visitor, "")) {
                console.await("presence", presence("user", "online"));
                widget.send("{\"type\":\"typing_start\"}");
                console.await("typing_start");
            }
            console.await("typing_stop");
            console.await("presence", presence("user", "away"));
        }
    }

    @ParameterizedTest
    @EnumSource(Reader.Transport.class)
    void typingIsSeenToBeginAndToEndAlsoByNewcomers(Reader.Transport transport) throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "")) {
            widget.send("{\"type\":\"typing_start\"}");
            try (Reader console = Reader.operator(transport, address(), visitor.dialogId(), operatorToken(), "0")) {
                console.await("typing_start");
                widget.send("{\"type\":\"typing_stop\"}");
                console.await("typing_stop");
                widget.send("{\"type\":\"typing_start\"}");
                widget.message("m1", "/say hello");
                console.await(event -> event.path("text").asString().equals("/say hello"));
            }
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void aDialogSaysWhoIsThere() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        String path = "/api/dialogs/%d".formatted(visitor.dialogId());
        assertThat((List<Object>) json(request(HttpMethod.GET, path, operator), 200).get("presence")).isEmpty();
        try (TestSocket widget = widget(visitor, "")) {
            widget.await("hello");
            List<Map<String, Object>> there = (List<Map<String, Object>>) json(request(HttpMethod.GET, path, operator),
                    200).get("presence");
            assertThat(Objects.requireNonNull(there)).singleElement()
                    .satisfies(visitorThere -> assertThat(visitorThere).containsEntry("sender", "user")
                            .containsEntry("status", "online").containsKeys("sender_id", "last_seen"));
        }
    }

    private JsonNode poll(Opened dialog, String token, String query) throws Exception {
        return TestPolls.once(address() + "/poll/dialogs/" + dialog.dialogId(), token, query);
    }

    private static List<String> types(JsonNode news) {
        return StreamSupport.stream(news.path("events").spliterator(), false)
                .map(event -> event.path("type").asString()).toList();
    }

    @Test
    void aPollIsToldOfThePeopleOnlyWhenSomethingIsNotAsItWas() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        String cursor = poll(visitor, operator, "wait=0").path("cursor").asString();
        assertThat(cursor).isEqualTo("0");
        try (TestSocket widget = widget(visitor, "")) {
            widget.send("{\"type\":\"typing_start\"}");
            JsonNode news = poll(visitor, operator, "wait=20&since=" + cursor);
            while (!types(news).contains("typing_start")) {
                cursor = news.path("cursor").asString();
                news = poll(visitor, operator, "wait=20&since=" + cursor);
            }
            assertThat(types(news)).containsExactly("presence", "typing_start");
            String knowing = news.path("cursor").asString();
            assertThat(types(poll(visitor, operator, "wait=0&since=" + cursor)))
                    .as("a lost response is asked for again").isEqualTo(types(news));
            JsonNode again = poll(visitor, operator, "wait=0&since=" + knowing);
            assertThat(types(again)).isEmpty();
            assertThat(again.path("cursor").asString()).isEqualTo(knowing);
            widget.send("{\"type\":\"typing_stop\"}");
            assertThat(types(poll(visitor, operator, "wait=20&since=" + knowing))).containsExactly("presence",
                    "typing_stop");
        }
    }

    @Test
    void aPollThatWaitsIsNotAnsweredForThePeopleWhomItKnows() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        try (TestSocket widget = widget(visitor, "")) {
            widget.await("hello");
            String cursor = "0";
            while (!cursor.contains("!")) {
                cursor = poll(visitor, operator, "wait=20&since=" + cursor).path("cursor").asString();
            }
            long begun = System.nanoTime();
            JsonNode news = poll(visitor, operator, "wait=2&since=" + cursor);
            assertThat(types(news)).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
        }
    }
}
