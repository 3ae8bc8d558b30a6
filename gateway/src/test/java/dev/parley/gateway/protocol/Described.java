package dev.parley.gateway.protocol;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One of the documents, for tests to hold against it what the gateway says. Clients ignore fields that they do not know;
 * here whatever is not described is wrong.
 */
public final class Described {

    static final JsonMapper JSON = JsonMapper.shared();

    private final JsonNode root;
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
            builder -> builder
                    .schemaRegistryConfig(SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

    private Described(ProtocolDocument document) {
        this.root = JSON.readTree(document.json());
        close(root);
    }

    public static Described openApi() {
        return new Described(ProtocolDocument.openApi());
    }

    public static Described asyncApi() {
        return new Described(ProtocolDocument.asyncApi());
    }

    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(Described::close);
    }

    JsonNode root() {
        return root;
    }

    JsonNode at(String pointer) {
        return resolved(root.at(pointer));
    }

    /** What the node refers to, or the node itself. */
    JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? at(node.path("$ref").asString().substring(1)) : node;
    }

    /** The name that the words of a path have within a pointer. */
    static String escaped(String word) {
        return word.replace("~", "~0").replace("/", "~1");
    }

    /** What is wrong with a value, if anything is, where the schema at this pointer is meant. */
    public List<String> faults(String pointer, JsonNode value) {
        if (at(pointer).isMissingNode()) {
            return List.of("there is no " + pointer);
        }
        return schemas.computeIfAbsent(pointer, this::schema)
                .validate(value)
                .stream()
                .map(error -> "%s: %s".formatted(error.getInstanceLocation(), error.getMessage()))
                .toList();
    }

    private Schema schema(String pointer) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.putArray("allOf").add(root.at(pointer));
        schema.set("components", root.path("components"));
        return registry.getSchema(schema);
    }
}
