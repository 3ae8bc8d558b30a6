package dev.parley.gateway.access;

import dev.parley.gateway.access.GatewaySecret.Purpose;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Makes the secrets that sites sign their tokens with, and seals them for the database: AES-256 in GCM, a random nonce of
 * 12 bytes first. They must be kept readable, since a signature by HS256 can only be checked with the secret itself.
 */
@Component
final class SiteSecrets {

    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKey key;
    private final RandomText random;

    SiteSecrets(GatewaySecret secret, RandomText random) {
        this.key = secret.key(Purpose.SITE_SECRETS, "AES");
        this.random = random;
    }

    /** A new secret of 256 bits as 43 letters and digits, as a site gets it. */
    String create() {
        return random.urlSafe(32);
    }

    byte[] seal(String secret) {
        byte[] nonce = random.bytes(NONCE_BYTES);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(secret.getBytes(StandardCharsets.UTF_8));
            byte[] all = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
            System.arraycopy(sealed, 0, all, NONCE_BYTES, sealed.length);
            return all;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The key that a site signs with: the bytes of its secret's text. Nothing where another gateway secret sealed it. */
    @Nullable
    SecretKey open(byte[] sealed) {
        if (sealed.length <= NONCE_BYTES) {
            return null;
        }
        try {
            byte[] secret = cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE_BYTES)).doFinal(sealed, NONCE_BYTES,
                    sealed.length - NONCE_BYTES);
            return new SecretKeySpec(secret, "HmacSHA256");
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }
}
