package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.settings.SettingException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class AddressSettingsTests {

    @Test
    void defaults() {
        AddressSettings settings = bound(Map.of());

        assertThat(settings.newPerAddressPerMinute()).isEqualTo(10);
        assertThat(settings.exemptNetworks()).containsExactly("127.0.0.0/8", "::1/128");
        assertThat(settings.trustedProxies()).isEmpty();
    }

    @Test
    void listsAreWrittenWithCommas() {
        AddressSettings settings = bound(Map.of("parley.connections.new-per-address-per-minute", "0",
                "parley.connections.exempt-networks", "", "parley.connections.trusted-proxies",
                "10.0.0.0/8, fd00::/8,192.0.2.7"));

        assertThat(settings.newPerAddressPerMinute()).isZero();
        assertThat(settings.exemptNetworks()).isEmpty();
        assertThat(settings.trusted().contains(InetAddress.ofLiteral("192.0.2.7"))).isTrue();
        assertThat(settings.trusted().contains(InetAddress.ofLiteral("192.0.2.8"))).isFalse();
        assertThat(settings.trusted().contains(InetAddress.ofLiteral("fdff::1"))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.0/8,10.255.255.255,true", "10.0.0.0/8,11.0.0.0,false", "10.1.2.3/8,10.9.9.9,true",
            "192.0.2.128/25,192.0.2.127,false", "192.0.2.128/25,192.0.2.200,true", "0.0.0.0/0,203.0.113.1,true",
            "0.0.0.0/0,::1,false", "::/0,::1,true", "2001:db8::/33,2001:db8:7fff::,true",
            "2001:db8::/33,2001:db8:8000::,false", "192.0.2.7/32,192.0.2.6,false"})
    void aNetworkHasTheAddressesThatBeginAsItDoes(String network, String address, boolean inside) {
        assertThat(Networks.Network.parse(network).contains(InetAddress.ofLiteral(address))).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/x", "/8", "::1/129", "proxy.example",
            "10.0.0.0/8/8", "10.0.0.0/4294967295", "*"})
    void whatIsNoNetworkIsNamedAndRefused(String wrong) {
        assertThatThrownBy(() -> new AddressSettings(10, List.of(), List.of("10.0.0.0/8", wrong)))
                .isInstanceOf(SettingException.class)
                .hasMessage("parley.connections.trusted-proxies: " + wrong
                        + " is no network (expected: such as 10.0.0.0/8, fd00::/8 or 192.0.2.7)");
        assertThatThrownBy(() -> new AddressSettings(10, List.of(wrong), List.of()))
                .hasMessageStartingWith("parley.connections.exempt-networks: ");
    }

    private static AddressSettings bound(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("parley.connections",
                AddressSettings.class);
    }
}
