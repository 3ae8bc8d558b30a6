package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.access.GatewaySecret.Purpose;
import dev.parley.gateway.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;

class GatewaySecretTests {

    @TempDir
    private Path data;

    @Test
    void eachPurposeHasAKeyOfItsOwn() {
        List<String> keys = Arrays.stream(Purpose.values())
                .map(purpose -> hex(TestTokens.secret(), purpose))
                .toList();

        assertThat(keys).doesNotHaveDuplicates().allSatisfy(key -> assertThat(key).hasSize(64));
    }

    /** Tokens and sealed secrets outlive an update of the gateway, so its keys may never change. */
    @Test
    void theKeysStayAsTheyAre() {
        assertThat(hex(new GatewaySecret("0123456789abcdef0123456789abcdef"), Purpose.OPERATOR_TOKENS))
                .isEqualTo("a140a8f93226571090da516377d2e44de237e88f4f10360a3e4adf0fd42f6569");
    }

    @Test
    void aSecretIsMadeOnceAndForItsOwnerOnly() throws IOException {
        String first = hex(configured(null, environment()), Purpose.OPERATOR_TOKENS);

        assertThat(hex(configured("", environment()), Purpose.OPERATOR_TOKENS)).isEqualTo(first);
        assertThat(data).isDirectoryNotContaining(file -> !file.endsWith("secret"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("secret"))))
                .isEqualTo("rw-------");
    }

    @Test
    void everyDataDirectoryHasItsOwn() {
        String first = hex(configured(null, environment()), Purpose.OPERATOR_TOKENS);

        assertThat(hex(configured(null, environment().withProperty("parley.data-dir", data.resolve("b").toString())),
                Purpose.OPERATOR_TOKENS)).isNotEqualTo(first);
    }

    @Test
    void aGivenSecretCountsAndNoneIsMade() {
        assertThat(hex(configured(TestTokens.SECRET, environment()), Purpose.OPERATOR_TOKENS))
                .isEqualTo(hex(TestTokens.secret(), Purpose.OPERATOR_TOKENS));
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void aShortSecretStopsTheStartAndIsNotShown() {
        assertThatExceptionOfType(SettingException.class)
                .isThrownBy(() -> configured("too short to be a secret", environment()))
                .withMessageContainingAll("parley.access.secret", "at least 32")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("too short to be a secret")
                        .doesNotContain("\n"));
    }

    @Test
    void aSharedDatabaseOrRedisNeedsAGivenSecret() {
        for (String shared : List.of("parley.database.url", "parley.redis.url")) {
            assertThatExceptionOfType(SettingException.class)
                    .isThrownBy(() -> configured(null, environment().withProperty(shared, "x://y")))
                    .withMessageContainingAll(shared, "PARLEY_SECRET", "openssl rand");
        }
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void settingsKeepTheSecretToThemselves() {
        assertThat(TestTokens.settings().toString()).doesNotContain(TestTokens.SECRET);
        assertThat(new AdminSettings("admin", "hush hush hush").toString()).doesNotContain("hush");
    }

    private MockEnvironment environment() {
        return new MockEnvironment().withProperty("parley.data-dir", data.toString());
    }

    private static GatewaySecret configured(@Nullable String secret, MockEnvironment environment) {
        return new AccessConfiguration().gatewaySecret(
                new AccessSettings(secret, Duration.ofHours(1), Duration.ofHours(1), List.of()), environment,
                new RandomText());
    }

    private static String hex(GatewaySecret secret, Purpose purpose) {
        return HexFormat.of().formatHex(secret.key(purpose, "HmacSHA256").getEncoded());
    }
}
