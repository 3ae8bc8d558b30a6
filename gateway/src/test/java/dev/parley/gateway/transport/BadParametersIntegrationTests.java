package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.TestTokens;
import dev.parley.gateway.client.RefusedException;
import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All that can be wrong with a request to follow a dialog, over every transport and for every audience (PROTOCOL 2, 6). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadParametersIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final List<String> TRANSPORTS = List.of("ws", "sse", "poll");

    private Opened visitor = new Opened(0, "");
    private Opened other = new Opened(0, "");
    private Opened siteUser = new Opened(0, "");
    private String operator = "";
    private String endedToken = "";

    /** A refusal as it came over the wire. */
    private record Refusal(int status, JsonNode problem, String contentType) {

        String code() {
            return problem.path("code").asString("");
        }

        String detail() {
            return problem.path("detail").asString("");
        }
    }

    @BeforeAll
    void meet() {
        visitor = visitor();
        other = visitor();
        operator = operatorToken();
        Map<String, Object> site = json(request(HttpMethod.POST, "/api/sites", admin())
                .bodyValue(Map.of("name", name("shop"), "assistant_id", 1)), 201);
        String token = TestTokens.ofSite(Long.toString(id(site)), text(site, "secret"), "u1");
        endedToken = TestTokens.endedOfSite(Long.toString(id(site)), text(site, "secret"), "u1");
        siteUser = new Opened(Long.parseLong(text(json(request(HttpMethod.POST, "/api/site/dialogs", token)
                .bodyValue(Map.of()), 201), "dialog_id")), token);
    }

    /** Asks as a client of this transport does, which must be refused. */
    private Refusal refusal(String transport, String path, String token, Map<String, String> more) throws IOException {
        Map<String, String> headers = transport.equals("ws")
                ? RawWebSocket.upgrade(token)
                : new HashMap<>(Map.of("Authorization", "Bearer " + token));
        headers.putAll(more);
        headers.values().removeIf(String::isEmpty);
        return refusal("GET", path, headers);
    }

    private Refusal refusal(String method, String path, Map<String, String> headers) throws IOException {
        try (Wire wire = Wire.to(address())) {
            wire.request(method, path, headers);
            Wire.Head head = wire.head();
            assertThat(head.status()).as("%s %s with %s", method, path, headers).isGreaterThanOrEqualTo(400);
            String body = wire.body(head);
            assertThat(body).doesNotContain("Exception", "dev.parley", "java.", "reactor", "select ");
            return new Refusal(head.status(), body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body),
                    head.headers().getOrDefault("content-type", ""));
        }
    }

    private String path(String transport, String audience) {
        return switch (audience) {
            case "widget" -> "/%s/widget/dialogs/%d".formatted(transport, visitor.dialogId());
            case "site" -> "/%s/site/dialogs/%d".formatted(transport, siteUser.dialogId());
            default -> "/%s/dialogs/%d".formatted(transport, visitor.dialogId());
        };
    }

    private String token(String audience, Opened of) {
        return switch (audience) {
            case "widget" -> of.token();
            case "site" -> siteUser.token();
            default -> operator;
        };
    }

    private static void assertNamed(Refusal refusal, String field, String given) {
        assertThat(refusal.status()).as("%s=%s", field, given).isEqualTo(400);
        assertThat(refusal.contentType()).isEqualTo("application/problem+json");
        assertThat(refusal.code()).isEqualTo("bad_request");
        assertThat(refusal.detail()).as("%s=%s", field, given).startsWith(field + ":");
    }

    static Stream<Arguments> wrongValues() {
        List<String> numbers = List.of("-1", "-0", "+1", "1.5", "1e3", "0x1", " 1", "1 ", "x", "٣", "१", "null", "NaN",
                "99999999999999999999999", "9223372036854775808", "-9223372036854775809", "1;2", "%", "\0", "1\n2");
        List<String> cursors = List.of("1", "999", "9223372036854775807", "0@", "0@x", "@", "0@-1", "0@0",
                "0@DIALOG~", "0@DIALOG~a", "0@DIALOG~a:", "0@DIALOG~a:-1", "0@DIALOG~a:1:2", "0@DIALOG~a:99999999999",
                "0@DIALOG~../../x:1", "0@DIALOG~a:qq1", "0@DIALOG~ :1", "0@OTHER", "0@OTHER~a:1", "1@DIALOG", "~a:1",
                "0@DIALOG" + "~a:1".repeat(33), "0@DIALOG~" + "a".repeat(65) + ":1", "0".repeat(4_000));
        List<String> waits = List.of("56", "100", "-56", "2147483648", "1s", "PT1S", "true");
        List<String> echoes = List.of("perhaps", "1", "0", "yes", "TRUE", "True", "truetrue", "null", "true,false");
        List<String> formats = List.of("xml", "DIRECT", "json", "wrapped ", "direct,wrapped", "null", "1");
        return Stream.of(numbers.stream().flatMap(value -> Stream.of(Map.entry("since", value),
                Map.entry("wait", value))),
                cursors.stream().map(value -> Map.entry("since", value)),
                waits.stream().map(value -> Map.entry("wait", value)),
                echoes.stream().map(value -> Map.entry("echo", value)),
                formats.stream().map(value -> Map.entry("format", value)))
                .flatMap(all -> all)
                .map(wrong -> Arguments.of(wrong.getKey(), wrong.getValue()));
    }

    private static List<String> transportsThatTake(String field) {
        return switch (field) {
            case "wait" -> List.of("poll");
            case "format" -> List.of("ws");
            default -> TRANSPORTS;
        };
    }

    @ParameterizedTest(name = "{0}={1}")
    @MethodSource("wrongValues")
    void aWrongParameterIsNamed(String field, String given) throws IOException {
        for (String transport : transportsThatTake(field)) {
            for (String audience : List.of("widget", "site", "admin")) {
                String dialog = Long.toString(audience.equals("site") ? siteUser.dialogId() : visitor.dialogId());
                String value = given.replace("DIALOG", dialog).replace("OTHER", Long.toString(other.dialogId()));
                String query = "?" + field + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
                assertNamed(refusal(transport, path(transport, audience) + query, token(audience, visitor), Map.of()),
                        field, given);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "999", "0@", "1.5", "99999999999999999999999", "0@DIALOG~a", "0@OTHER~a:1"})
    void aWrongLastEventIdIsNamedAndWinsOverAGoodSince(String given) throws IOException {
        String value = given.replace("DIALOG", Long.toString(visitor.dialogId()))
                .replace("OTHER", Long.toString(other.dialogId()));
        assertNamed(refusal("sse", path("sse", "widget") + "?since=0", visitor.token(), Map.of("Last-Event-ID", value)),
                "since", given);
    }

    /** Cursors that a poll could have given, and all that becomes of them by a few changes of a few characters. */
    @Test
    void aForgedCursorIsRefusedOrHarmless() throws IOException {
        Random random = new Random(7);
        String alphabet = "0123456789@~:q-aZé%&?/ \u0000";
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            StringBuilder cursor = new StringBuilder("0@%d~2f1c0d2e-6a0b-4c77-9d0e-0123456789ab:12~b:q3"
                    .formatted(random.nextBoolean() ? visitor.dialogId() : other.dialogId()));
            for (int change = random.nextInt(1, 5); change > 0; change--) {
                int at = random.nextInt(cursor.length());
                switch (random.nextInt(3)) {
                    case 0 -> cursor.deleteCharAt(at);
                    case 1 -> cursor.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
                    default -> cursor.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
                }
            }
            String query = "?wait=0&since=" + URLEncoder.encode(cursor.toString(), StandardCharsets.UTF_8);
            try (Wire wire = Wire.to(address())) {
                wire.request("GET", path("poll", "widget") + query,
                        Map.of("Authorization", "Bearer " + visitor.token()));
                Wire.Head head = wire.head();
                JsonNode body = JSON.readTree(wire.body(head));
                if (head.status() == 200) {
                    assertThat(body.path("events").isEmpty()).as("nothing happened here, but %s said %s", cursor, body)
                            .isTrue();
                } else {
                    refused++;
                    assertThat(head.status()).as(cursor.toString()).isEqualTo(400);
                    assertThat(body.path("detail").asString()).as(cursor.toString()).startsWith("since:");
                }
            }
        }
        assertThat(refused).as("most are refused").isBetween(200, 399);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "-1", "0", "00", "+1", "1.0", "1e3", "0x1", "٣", "99999999999999999999", "%20",
            "%00",
            "9223372036854775807", "1%2F2", "null"})
    void whatIsNoIdOfMineIsNotFound(String id) throws IOException {
        for (String transport : TRANSPORTS) {
            for (String audience : List.of("widget", "site", "admin")) {
                String path = path(transport, audience).replaceFirst("\\d+$", id);
                Refusal refusal = refusal(transport, path, token(audience, visitor), Map.of());
                assertThat(refusal.status()).as(path).isEqualTo(404);
                assertThat(refusal.code()).as(path).isEqualTo("not_found");
            }
        }
    }

    @Test
    void aDialogThatIsAnothersIsNotFound() throws IOException {
        for (String transport : TRANSPORTS) {
            for (long theirs : List.of(other.dialogId(), siteUser.dialogId())) {
                assertThat(refusal(transport, "/%s/widget/dialogs/%d".formatted(transport, theirs), visitor.token(),
                        Map.of()).code()).isEqualTo("not_found");
            }
            assertThat(refusal(transport, "/%s/site/dialogs/%d".formatted(transport, visitor.dialogId()),
                    siteUser.token(), Map.of()).code()).isEqualTo("not_found");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    void onlyGetFollows(String method) throws IOException {
        for (String transport : TRANSPORTS) {
            for (String audience : List.of("widget", "site", "admin")) {
                Map<String, String> headers = RawWebSocket.upgrade(token(audience, visitor));
                if (!transport.equals("ws")) {
                    headers.keySet().retainAll(List.of("Authorization"));
                }
                Refusal refusal = refusal(method, path(transport, audience), headers);
                assertThat(refusal.status()).as("%s %s", method, transport).isEqualTo(405);
                assertThat(refusal.code()).isEqualTo("method_not_allowed");
            }
        }
    }

    @Test
    void onlyAGoodTokenOfTheRightAudienceOpens() throws IOException {
        Map<String, List<String>> wrong = new HashMap<>();
        List<String> never = new ArrayList<>(List.of("", "x", "a.b.c", "..", "Bearer", "eyJhbGciOiJub25lIn0.e30.",
                "x".repeat(4_000), visitor.token() + "x", visitor.token().substring(1),
                visitor.token().substring(0, visitor.token().length() / 2)));
        wrong.put("widget", List.of(operator, siteUser.token()));
        wrong.put("site", List.of(operator, visitor.token()));
        wrong.put("admin", List.of(visitor.token(), siteUser.token()));
        for (String transport : TRANSPORTS) {
            for (Map.Entry<String, List<String>> audience : wrong.entrySet()) {
                for (String token : Stream.concat(never.stream(), audience.getValue().stream()).toList()) {
                    Refusal refusal = refusal(transport, path(transport, audience.getKey()), token, Map.of());
                    assertThat(refusal.status()).as("%s %s %s", transport, audience.getKey(), token).isEqualTo(401);
                    assertThat(refusal.code()).isEqualTo("unauthorized");
                    assertThat(refusal.contentType()).isEqualTo("application/problem+json");
                }
                Refusal none = refusal(transport, path(transport, audience.getKey()) + "?assistant_id=1", "",
                        Map.of("Authorization", ""));
                assertThat(none.status()).as("the assistant's id alone opens nothing").isEqualTo(401);
            }
        }
    }

    @Test
    void whoComesTooLateWithATokenOfItsSiteIsToldSo() throws IOException {
        for (String transport : TRANSPORTS) {
            assertThat(refusal(transport, path(transport, "site"), endedToken, Map.of()).code())
                    .isEqualTo("unauthorized");
        }
    }

    @Test
    void aWebSocketsAddressOpenedAsAPageSaysWhatItIs() throws IOException {
        for (String audience : List.of("widget", "site", "admin")) {
            Refusal refusal = refusal("GET", path("ws", audience),
                    Map.of("Authorization", "Bearer " + token(audience, visitor)));
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.code()).isEqualTo("bad_request");
            assertThat(refusal.detail()).contains("WebSocket");
        }
    }

    @Test
    void anUpgradeThatIsNoneOfOursIsRefused() throws IOException {
        List<Map<String, String>> changes = List.of(Map.of("Upgrade", "h2c"), Map.of("Upgrade", ""),
                Map.of("Sec-WebSocket-Version", "8"), Map.of("Sec-WebSocket-Version", "x"),
                Map.of("Sec-WebSocket-Version", ""), Map.of("Sec-WebSocket-Key", ""));
        for (Map<String, String> change : changes) {
            Refusal refusal = refusal("ws", path("ws", "widget"), visitor.token(), change);
            assertThat(refusal.status()).as(change.toString()).isEqualTo(400);
            assertThat(refusal.detail()).contains("WebSocket");
        }
    }

    @Test
    void noRefusalTakesASeatOrStaysBehind() throws IOException {
        for (int i = 0; i < 60; i++) {
            refusal("ws", path("ws", "widget") + "?since=x", visitor.token(), Map.of());
            refusal("ws", path("ws", "widget"), visitor.token(), Map.of("Sec-WebSocket-Version", "8"));
            refusal("sse", path("sse", "widget") + "?echo=x", visitor.token(), Map.of());
        }
        // More than a dialog has seats for were refused, and it still has all of them.
        List<RawWebSocket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                open.add(RawWebSocket.open(Wire.to(address()), path("ws", "widget"), visitor.token()));
            }
            assertThat(open).allSatisfy(socket -> assertThat(socket.nextText()).contains("\"hello\""));
        } catch (RefusedException refused) {
            throw new AssertionError("after %d: %s".formatted(open.size(), refused.getMessage()), refused);
        } finally {
            open.forEach(RawWebSocket::close);
        }
    }
}
