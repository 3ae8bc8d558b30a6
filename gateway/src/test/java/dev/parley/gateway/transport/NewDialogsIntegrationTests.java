package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.net.http.WebSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.json.JsonMapper;

/** How much one address may do by being somebody new each time, seen from clients with addresses of their own. */
@TestPropertySource(properties = {"parley.dialogs.opened-per-address-per-minute=2",
        "parley.messages.per-address-per-minute=2", "parley.connections.exempt-networks=127.0.0.1",
        "parley.connections.trusted-proxies=127.9.0.0/16"})
class NewDialogsIntegrationTests extends Conversations {

    private static final int DIALOGS = 2;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final List<AddressedClient> clients = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (AddressedClient each : clients) {
            each.close();
        }
    }

    @Test
    void theThirdWithinAMinuteIsRefusedAndOtherAddressesAreNotTouched() throws Exception {
        long before = refused("dialogs");
        AddressedClient flood = somewhere();
        for (int i = 0; i < DIALOGS; i++) {
            assertThat(open(flood, "", null).statusCode()).isEqualTo(201);
        }

        HttpResponse<String> refusal = open(flood, "", null);

        AddressedClient.assertRateLimited(refusal);
        assertThat(refused("dialogs")).isGreaterThan(before);
        assertThat(open(somewhere(), "", null).statusCode()).isEqualTo(201);
    }

    @Test
    void whoComesBackToItsDialogDoesNotCount() throws Exception {
        AddressedClient client = somewhere();
        String token = token(open(client, "", "mine"));
        for (int i = 0; i < 2 * DIALOGS; i++) {
            assertThat(open(client, token, "mine").statusCode()).isEqualTo(200);
        }
        assertThat(open(client, token, "another").statusCode()).isEqualTo(201);
        assertThat(open(client, token, "one too many").statusCode()).isEqualTo(429);
    }

    @Test
    void whatIsRefusedForAnotherReasonDoesNotCount() throws Exception {
        AddressedClient client = somewhere();
        for (int i = 0; i < 2 * DIALOGS; i++) {
            assertThat(client.post("/api/widget/dialogs", "", Map.of("assistant_id", 987_654)).statusCode())
                    .isEqualTo(404);
            assertThat(client.post("/api/site/dialogs", "nobody's", Map.of()).statusCode()).isEqualTo(401);
        }
        assertThat(open(client, "", null).statusCode()).isEqualTo(201);
    }

    @Test
    void evenComingBackHasABound() throws Exception {
        AddressedClient client = somewhere();
        String token = token(open(client, "", "mine"));
        int status = 200;
        int times = 0;
        for (; times < 1000 && status == 200; times++) {
            status = times % 2 == 0
                    ? client.post("/api/widget/token", token, Map.of()).statusCode()
                    : open(client, token, "mine").statusCode();
        }
        assertThat(status).isEqualTo(429);
        assertThat(times).isGreaterThanOrEqualTo(10 * DIALOGS);
        assertThat(somewhere().post("/api/widget/token", token, Map.of()).statusCode()).isEqualTo(200);
    }

    @Test
    void behindATrustedProxyClientsAreToldApartAndNobodyElseMayInventAnAddress() throws Exception {
        String address = AddressedClient.someAddress();
        for (int i = 0; i < DIALOGS; i++) {
            assertThat(open(from("127.9.0.1").speakingFor("203.0.113.1"), "", null).statusCode()).isEqualTo(201);
            assertThat(open(from(address).speakingFor("203.0.113.9" + i), "", null).statusCode()).isEqualTo(201);
        }
        assertThat(open(from("127.9.0.1").speakingFor("203.0.113.1"), "", null).statusCode()).isEqualTo(429);
        assertThat(open(from("127.9.0.1").speakingFor("203.0.113.2"), "", null).statusCode()).isEqualTo(201);
        assertThat(open(from(address).speakingFor("127.0.0.1"), "", null).statusCode()).isEqualTo(429);
    }

    @Test
    void anExemptAddressMayOpenAsManyAsItLikes() throws Exception {
        AddressedClient home = from("127.0.0.1");
        for (int i = 0; i < 4 * DIALOGS; i++) {
            assertThat(open(home, "", null).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void manyVisitorsOfOneAddressHaveOneLimitOfMessages() throws Exception {
        AddressedClient flood = somewhere();
        long before = refused("messages_by_address");
        List<Opened> visitors = List.of(visitor(), visitor());
        Opened another = visitor();
        for (Opened visitor : visitors) {
            assertThat(say(flood, visitor, "m").statusCode()).isEqualTo(201);
        }
        HttpResponse<String> refusal = say(flood, another, "m");
        assertThat(refusal.statusCode()).isEqualTo(429);
        assertThat(JSON.readTree(refusal.body()).path("retry_after_ms").asLong()).isBetween(1L, 30_000L);
        assertThat(overASocket(flood, another)).contains("rate_limited", "\"client_msg_id\":\"s\"");
        assertThat(refused("messages_by_address")).isGreaterThanOrEqualTo(before + 2);

        assertThat(say(somewhere(), another, "m").statusCode()).isEqualTo(201);
    }

    @Test
    void whatOneSendsAgainIsNotCountedForTheAddressEither() throws Exception {
        AddressedClient client = somewhere();
        Opened visitor = visitor();
        assertThat(say(client, visitor, "m").statusCode()).isEqualTo(201);
        for (int i = 0; i < 10; i++) {
            assertThat(say(client, visitor, "m").statusCode()).isEqualTo(200);
        }
        assertThat(say(client, visitor, "n").statusCode()).isEqualTo(201);
    }

    private HttpResponse<String> open(AddressedClient client, String token, @Nullable String clientDialogId)
            throws Exception {
        return client.post("/api/widget/dialogs", token, clientDialogId == null
                ? Map.of("assistant_id", 1)
                : Map.of("assistant_id", 1, "client_dialog_id", clientDialogId));
    }

    private static String token(HttpResponse<String> opened) {
        return JSON.readTree(opened.body()).path("visitor_token").asString();
    }

    private HttpResponse<String> say(AddressedClient client, Opened visitor, String id) throws Exception {
        return client.post("/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()), visitor.token(),
                Map.of("client_msg_id", id, "text", "/say " + id));
    }

    /** What comes of a message, once it is said over a WebSocket. */
    private static String overASocket(AddressedClient client, Opened visitor) throws Exception {
        CompletableFuture<String> told = new CompletableFuture<>();
        client.socket(visitor, new WebSocket.Listener() {

            @Override
            public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
                if (text.toString().contains("\"s\"")) {
                    told.complete(text.toString());
                }
                socket.request(1);
                return null;
            }
        }).sendText("{\"type\":\"message\",\"client_msg_id\":\"s\",\"text\":\"/say s\"}", true).join();
        return told.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }

    private long refused(String limit) {
        return JSON.valueToTree(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200)).path("stats")
                .path("rate_limits").path(limit).asLong(-1);
    }

    private AddressedClient somewhere() {
        return from(AddressedClient.someAddress());
    }

    private AddressedClient from(String address) {
        AddressedClient client = new AddressedClient(address(), address);
        clients.add(client);
        return client;
    }
}
