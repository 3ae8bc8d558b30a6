package dev.parley.gateway.access;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The one secret of a gateway, of which all its keys are derived (HKDF with SHA-256, one label for each purpose). So a key
 * of one purpose says nothing of another, and a token made for one audience can never be right for another. All nodes of
 * a gateway need the same secret; with a new one all tokens end and the secrets of sites cannot be read any more.
 */
final class GatewaySecret {

    static final int MIN_LENGTH = 32;

    /** What a key is for. The labels may never change. */
    enum Purpose {
        OPERATOR_TOKENS("parley operator tokens 1"),
        VISITOR_TOKENS("parley visitor tokens 1"),
        SITE_SECRETS("parley site secrets 1"),
        PASSWORD_MARKS("parley password marks 1");

        private final String label;

        Purpose(String label) {
            this.label = label;
        }
    }

    private final byte[] secret;

    GatewaySecret(String secret) {
        if (secret.length() < MIN_LENGTH) {
            throw new IllegalArgumentException("a secret needs at least " + MIN_LENGTH + " characters");
        }
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The 256-bit key for this purpose, always the same.
     *
     * @param algorithm of the key, such as {@code HmacSHA256} or {@code AES}
     */
    SecretKey key(Purpose purpose, String algorithm) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(algorithm, HKDFParameterSpec.ofExtract()
                            .addIKM(secret)
                            .thenExpand(purpose.label.getBytes(StandardCharsets.UTF_8), 32));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
