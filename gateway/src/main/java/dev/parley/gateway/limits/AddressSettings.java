package dev.parley.gateway.limits;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What one client address may do, and what a client's address is.
 *
 * @param newPerAddressPerMinute connections that one address may open in a minute; 0: as many as it likes
 * @param exemptNetworks whose connections are not counted
 * @param trustedProxies networks whose word is believed about whom a request comes from; none when not given
 */
@Validated
@ConfigurationProperties("parley.connections")
public record AddressSettings(@DefaultValue("10") @Min(0) @Max(1_000_000) int newPerAddressPerMinute,
        @DefaultValue({
                "127.0.0.0/8", "::1/128"}) List<String> exemptNetworks,
        @DefaultValue List<String> trustedProxies) {

    public AddressSettings {
        exemptNetworks = List.copyOf(exemptNetworks);
        trustedProxies = List.copyOf(trustedProxies);
        Networks.parse("parley.connections.exempt-networks", exemptNetworks);
        Networks.parse("parley.connections.trusted-proxies", trustedProxies);
    }

    Networks exempt() {
        return Networks.parse("parley.connections.exempt-networks", exemptNetworks);
    }

    Networks trusted() {
        return Networks.parse("parley.connections.trusted-proxies", trustedProxies);
    }
}
