package dev.parley.gateway.access;

import dev.parley.gateway.settings.SettingException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** Makes what needs the gateway's secret or the clock. */
@Configuration(proxyBeanMethods = false)
class AccessConfiguration {

    private static final String SETTING = "parley.access.secret";
    private static final InstantSource CLOCK = InstantSource.system();

    /** Given, or of the data directory. Where nodes may share a database, each making its own would be a trap. */
    @Bean
    GatewaySecret gatewaySecret(AccessSettings settings, Environment environment, RandomText random) {
        String given = settings.secret();
        if (StringUtils.hasText(given)) {
            if (given.length() < GatewaySecret.MIN_LENGTH) {
                throw new SettingException(SETTING, given.length() + " characters (expected: at least "
                        + GatewaySecret.MIN_LENGTH + ", such as openssl rand -base64 48 prints)");
            }
            return new GatewaySecret(given);
        }
        for (String shared : List.of("parley.database.url", "parley.redis.url")) {
            if (StringUtils.hasText(environment.getProperty(shared))) {
                throw new SettingException(SETTING, "is needed where " + shared + " is set, the same for all nodes:"
                        + " set PARLEY_SECRET to what this prints: openssl rand -base64 48");
            }
        }
        Path folder = Path.of(environment.getProperty("parley.data-dir", "./data"));
        String kept = SecretFile.readOrCreate(folder, random);
        if (kept.length() < GatewaySecret.MIN_LENGTH) {
            throw new SettingException(SETTING,
                    "the file " + folder.resolve(SecretFile.NAME) + " holds fewer than " + GatewaySecret.MIN_LENGTH
                            + " characters: remove it and start again, which ends all logins");
        }
        return new GatewaySecret(kept);
    }

    @Bean
    OperatorTokens operatorTokens(GatewaySecret secret, AccessSettings settings) {
        return new OperatorTokens(secret, settings, CLOCK);
    }

    @Bean
    VisitorTokens visitorTokens(GatewaySecret secret, RandomText random, AccessSettings settings) {
        return new VisitorTokens(secret, random, settings, CLOCK);
    }

    @Bean
    SiteTokens siteTokens(Sites sites) {
        return new SiteTokens(sites::known, CLOCK);
    }
}
