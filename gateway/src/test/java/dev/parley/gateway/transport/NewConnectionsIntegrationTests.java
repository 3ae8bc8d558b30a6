package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How many connections one address may open, seen from clients with addresses of their own. */
@TestPropertySource(properties = {"parley.connections.new-per-address-per-minute=2",
        "parley.connections.exempt-networks=127.0.0.1", "parley.connections.trusted-proxies=127.9.0.0/16"})
class NewConnectionsIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void theThirdWithinAMinuteIsRefusedAndOtherAddressesAreNotTouched(Transport transport) throws Exception {
        Opened visitor = visitor();
        AddressedClient flood = client(AddressedClient.someAddress());
        assertThat(flood.opens(transport, visitor)).isEqualTo(200);
        assertThat(flood.opens(transport, visitor)).isEqualTo(200);

        HttpResponse<String> refusal = flood.refusal(transport, visitor);
        AddressedClient.assertRateLimited(refusal);

        assertThat(client(AddressedClient.someAddress()).opens(transport, visitor)).isEqualTo(200);
    }

    @Test
    void allTransportsShareOneLimit() throws Exception {
        Opened visitor = visitor();
        AddressedClient client = client(AddressedClient.someAddress());
        assertThat(client.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
        assertThat(client.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(client.opens(Transport.POLL, visitor)).isEqualTo(429);
    }

    @Test
    void whoIsNobodyIsCountedAndThenNotEvenAskedWhoItIs() throws Exception {
        Opened visitor = visitor();
        AddressedClient stranger = client(AddressedClient.someAddress());
        Opened forged = new Opened(visitor.dialogId(), "forged");
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(401);
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(401);
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(429);
        assertThat(stranger.opens(Transport.WEBSOCKET, visitor)).isEqualTo(429);
    }

    @Test
    void aPollerIsNeverCutOff() throws Exception {
        Opened visitor = visitor();
        AddressedClient client = client(AddressedClient.someAddress());
        assertThat(client.opens(Transport.POLL, visitor)).isEqualTo(200);
        for (int i = 0; i < 50; i++) {
            assertThat(client.get("/poll/widget/dialogs/%d?wait=0&since=0".formatted(visitor.dialogId()),
                    visitor.token()).statusCode()).isEqualTo(200);
        }
        assertThat(client.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
    }

    @Test
    void evenPollsHaveABound() throws Exception {
        AddressedClient client = client(AddressedClient.someAddress());
        int status = 0;
        for (int i = 0; i < 5000 && status != 429; i++) {
            status = client.get("/poll/widget/dialogs/1?since=0", "nobody").statusCode();
        }
        assertThat(status).isEqualTo(429);
        assertThat(client.get("/sse/widget/dialogs/1", "nobody").statusCode()).isEqualTo(401);
    }

    @Test
    void anExemptAddressMayOpenAsManyAsItLikes() throws Exception {
        Opened visitor = visitor();
        AddressedClient home = client("127.0.0.1");
        for (int i = 0; i < 10; i++) {
            assertThat(home.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
        }
    }

    @Test
    void behindATrustedProxyClientsAreToldApart() throws Exception {
        Opened visitor = visitor();
        AddressedClient one = client("127.9.0.1").speakingFor("203.0.113.1");
        AddressedClient other = client("127.9.0.1").speakingFor("198.51.100.7, 203.0.113.2, 127.9.0.2");
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(429);
        assertThat(other.opens(Transport.SSE, visitor)).isEqualTo(200);
    }

    @Test
    void nobodyElseMayInventAnAddress() throws Exception {
        Opened visitor = visitor();
        String address = AddressedClient.someAddress();
        assertThat(client(address).speakingFor("203.0.113.11").opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(client(address).speakingFor("203.0.113.12").opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(client(address).speakingFor("203.0.113.13").opens(Transport.SSE, visitor)).isEqualTo(429);
        assertThat(client(address).speakingFor("127.0.0.1").opens(Transport.SSE, visitor)).isEqualTo(429);
    }

    @Test
    void whoGuessesPasswordsIsKnownByTheSameAddress() throws Exception {
        String name = text(user("operator"), "username");
        AddressedClient one = client("127.9.0.1").speakingFor("203.0.113.21");
        AddressedClient other = client("127.9.0.1").speakingFor("203.0.113.22");
        for (int i = 0; i < 5; i++) {
            assertThat(one.logsIn(name)).isEqualTo(401);
        }
        assertThat(one.logsIn(name)).isEqualTo(429);
        assertThat(other.logsIn(name)).isEqualTo(401);
    }

    @Test
    void administratorsSeeHowManyWereRefused() throws Exception {
        Opened visitor = visitor();
        AddressedClient flood = client(AddressedClient.someAddress());
        long before = refusedStreams();
        for (int i = 0; i < 5; i++) {
            flood.opens(Transport.SSE, visitor);
        }
        assertThat(refusedStreams()).isEqualTo(before + 3);
    }

    private long refusedStreams() {
        JsonNode stats = JSON.valueToTree(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200))
                .path("stats");
        assertThat(stats.path("rate_limits").path("connections").asLong())
                .isGreaterThanOrEqualTo(stats.path("transports").path("sse").path("refused").path("rate_limited")
                        .asLong());
        return stats.path("transports").path("sse").path("refused").path("rate_limited").asLong();
    }

    private AddressedClient client(String from) {
        AddressedClient client = new AddressedClient(address(), from);
        open.add(client);
        return client;
    }
}
