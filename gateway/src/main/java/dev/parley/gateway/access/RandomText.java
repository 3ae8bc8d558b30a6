package dev.parley.gateway.access;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.stereotype.Component;

/**
 * Ids and secrets that nobody can guess. The generator is seeded by the operating system once, when it is made, and reads
 * no device afterwards, so event loops may use it.
 */
@Component
final class RandomText {

    /** 32 signs that do not look alike, five bits each. */
    private static final String READABLE = "abcdefghjkmnpqrstuvwxyz123456789";

    private final SecureRandom random;

    RandomText() {
        try {
            random = SecureRandom.getInstance("DRBG");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        random.nextBytes(new byte[1]);
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Letters, digits, {@code -} and {@code _} that hold this many random bytes. */
    String urlSafe(int bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(bytes));
    }

    /** A password of 100 bits that a person can copy by hand, such as {@code k7mfq-93xth-2harv-d4mzp}. */
    String password() {
        return IntStream.range(0, 4).mapToObj(_ -> group()).collect(Collectors.joining("-"));
    }

    private String group() {
        return IntStream.range(0, 5)
                .mapToObj(_ -> String.valueOf(READABLE.charAt(random.nextInt(READABLE.length()))))
                .collect(Collectors.joining());
    }
}
