package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpHeaders;

class ClientAddressesTests {

    private static final String PROXY = "10.0.0.1";

    private final ClientAddresses addresses = new ClientAddresses(
            new AddressSettings(10, List.of("127.0.0.0/8", "::1/128"), List.of("10.0.0.0/8", "fd00::/8")));

    @Test
    void withoutProxiesItIsThePeersAndNoHeaderCounts() {
        assertThat(client("192.0.2.1", "X-Forwarded-For", "198.51.100.1")).isEqualTo("192.0.2.1");
        assertThat(client("192.0.2.1", "Forwarded", "for=198.51.100.1")).isEqualTo("192.0.2.1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "198.51.100.1 | 198.51.100.1",
            "203.0.113.9, 198.51.100.1 | 198.51.100.1", // what stands left of the client, the client has made up
            "198.51.100.1, 10.2.3.4, 10.0.0.9 | 198.51.100.1",
            "203.0.113.9, 198.51.100.1,10.2.3.4 | 198.51.100.1",
            "198.51.100.1:4711 | 198.51.100.1",
            "2001:db8::7 | 2001:db8:0:0:0:0:0:7",
            "[2001:db8::7]:443 | 2001:db8:0:0:0:0:0:7",
            "198.51.100.1, fd00::5 | 198.51.100.1",
            "::ffff:198.51.100.1 | 198.51.100.1",
            "10.7.7.7, 10.2.3.4 | 10.7.7.7", // a client in the house
            "198.51.100.1, unknown | 10.0.0.1", // as far as is known
            "198.51.100.1, unknown, 10.2.3.4 | 10.2.3.4",
            "198.51.100.1, | 10.0.0.1",
            "drop table; | 10.0.0.1"})
    void aTrustedProxySaysForWhomItSpeaks(String header, String client) {
        assertThat(client(PROXY, "X-Forwarded-For", header)).isEqualTo(client);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "for=198.51.100.1 | 198.51.100.1",
            "For=\"198.51.100.1:4711\";proto=https;by=10.0.0.1 | 198.51.100.1",
            "proto=https; for=198.51.100.1 | 198.51.100.1",
            "for=203.0.113.9, for=198.51.100.1, for=10.2.3.4 | 198.51.100.1",
            "for=\"[2001:db8::7]:443\" | 2001:db8:0:0:0:0:0:7",
            "for=\"203.0.113.9, for=198.51.100.1 | 198.51.100.1", // a quote left open hides nothing
            "for=_hidden | 10.0.0.1",
            "for=unknown, for=10.2.3.4 | 10.2.3.4",
            "proto=https | 10.0.0.1"})
    void theStandardHeaderIsReadTheSameWay(String header, String client) {
        assertThat(client(PROXY, "Forwarded", header)).isEqualTo(client);
    }

    @Test
    void headersOnSeveralLinesAreOneList() {
        HttpHeaders headers = new HttpHeaders();
        headers.add("X-Forwarded-For", "203.0.113.9, 198.51.100.1");
        headers.add("X-Forwarded-For", "10.2.3.4");
        assertThat(client(PROXY, headers)).isEqualTo("198.51.100.1");
    }

    @Test
    void aHeaderThatTheProxyOnlyPassesOnMovesNobodyElsewhere() {
        HttpHeaders headers = new HttpHeaders();
        headers.add("X-Forwarded-For", "198.51.100.1");
        headers.add("Forwarded", "for=203.0.113.9");
        assertThat(client(PROXY, headers)).isEqualTo(PROXY);
        headers.set("Forwarded", "for=203.0.113.9, for=198.51.100.1");
        assertThat(client(PROXY, headers)).isEqualTo("198.51.100.1");
    }

    @Test
    void aNetworkOfIpv6IsOneClient() {
        assertThat(ClientAddresses.group(InetAddress.ofLiteral("2001:db8:0:1::1")))
                .isEqualTo(ClientAddresses.group(InetAddress.ofLiteral("2001:db8:0:1:ffff::2")))
                .isNotEqualTo(ClientAddresses.group(InetAddress.ofLiteral("2001:db8:0:2::1")));
        assertThat(ClientAddresses.group(InetAddress.ofLiteral("192.0.2.1")))
                .isNotEqualTo(ClientAddresses.group(InetAddress.ofLiteral("192.0.2.2")));
        assertThat(ClientAddresses.group(null)).isEqualTo("unknown");
    }

    @Test
    void onlyTheNetworksNamedAreExempt() {
        assertThat(addresses.isExempt(InetAddress.ofLiteral("127.3.2.1"))).isTrue();
        assertThat(addresses.isExempt(InetAddress.ofLiteral("::1"))).isTrue();
        assertThat(addresses.isExempt(InetAddress.ofLiteral("::2"))).isFalse();
        assertThat(addresses.isExempt(InetAddress.ofLiteral("128.0.0.1"))).isFalse();
        assertThat(addresses.isExempt(null)).isFalse();
    }

    private String client(String peer, String header, String value) {
        HttpHeaders headers = new HttpHeaders();
        headers.add(header, value);
        return client(peer, headers);
    }

    private String client(String peer, HttpHeaders headers) {
        return addresses.of(InetAddress.ofLiteral(peer), headers).getHostAddress();
    }
}
