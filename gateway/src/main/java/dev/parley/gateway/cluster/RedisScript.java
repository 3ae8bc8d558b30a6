package dev.parley.gateway.cluster;

import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Something that Redis does in one step. Scripts are called by their digest, and sent whole only to a server that does not
 * know them yet.
 *
 * @param result what it returns
 */
record RedisScript(String text, String digest, ScriptOutputType result) {

    static RedisScript of(String text, ScriptOutputType result) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return new RedisScript(text, HexFormat.of().formatHex(digest), result);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
