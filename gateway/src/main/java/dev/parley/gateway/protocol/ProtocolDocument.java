package dev.parley.gateway.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.core.io.ClassPathResource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** A document as it is served: one JSON object that refers to nothing outside of itself. */
final class ProtocolDocument {

    private static final int TAG_BYTES = 12;

    private final byte[] json;
    private final String tag;

    private ProtocolDocument(byte[] json) {
        this.json = json;
        this.tag = HexFormat.of().formatHex(sha256().digest(json), 0, TAG_BYTES);
    }

    static ProtocolDocument openApi() {
        return of("openapi.yaml", "administration.yaml", "schemas.yaml");
    }

    static ProtocolDocument asyncApi() {
        return of("asyncapi.yaml", "schemas.yaml");
    }

    /** Reads files and works on them, so it is not for event loops. */
    private static ProtocolDocument of(String... files) {
        Map<?, ?> document = Stream.of(files).<Map<?, ?>>map(ProtocolDocument::read).reduce(Map.of(),
                ProtocolDocument::joined);
        return new ProtocolDocument(JsonMapper.shared().writeValueAsBytes(document));
    }

    /** Nobody's to change. */
    byte[] json() {
        return json;
    }

    /** Changes with the document, and is the same on every node that has the same one. */
    String tag() {
        return tag;
    }

    private static Map<?, ?> read(String file) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        // They are our own: what is repeated in them is repeated on purpose.
        options.setMaxAliasesForCollections(Integer.MAX_VALUE);
        try (InputStream yaml = new ClassPathResource("protocol/" + file).getInputStream()) {
            return new Yaml(new SafeConstructor(options)).load(new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Objects that are in both become one; nothing else may be in both. */
    private static Map<?, ?> joined(Map<?, ?> one, Map<?, ?> other) {
        Map<Object, Object> all = new LinkedHashMap<>(one);
        other.forEach((name, value) -> all.merge(name, value, (first, second) -> {
            if (first instanceof Map<?, ?> left && second instanceof Map<?, ?> right) {
                return joined(left, right);
            }
            throw new IllegalStateException("Two files of a document have " + name);
        }));
        return all;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
