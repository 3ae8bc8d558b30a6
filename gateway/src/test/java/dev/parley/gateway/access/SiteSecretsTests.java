package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SiteSecretsTests {

    private final SiteSecrets secrets = new SiteSecrets(TestTokens.secret(), new RandomText());
    private final String secret = secrets.create();

    @Test
    void aSealedSecretGivesTheKeyBack() {
        assertThat(secrets.open(secrets.seal(secret))).satisfies(
                key -> assertThat(key.getEncoded()).isEqualTo(secret.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aSealedSecretShowsNothing() {
        byte[] sealed = secrets.seal(secret);

        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain(secret);
        assertThat(sealed).isNotEqualTo(secrets.seal(secret));
    }

    @Test
    void anotherGatewaySecretOpensNothing() {
        SiteSecrets other = new SiteSecrets(new GatewaySecret("another secret that is just as long as it"),
                new RandomText());

        assertThat(other.open(secrets.seal(secret))).isNull();
    }

    @Test
    void aChangedSealOpensNothing() {
        byte[] sealed = secrets.seal(secret);
        sealed[sealed.length - 1] ^= 1;

        assertThat(secrets.open(sealed)).isNull();
        assertThat(secrets.open(new byte[3])).isNull();
    }

    @Test
    void secretsAreLongEnoughForHs256() {
        assertThat(secret).hasSize(43).isNotEqualTo(secrets.create());
    }
}
