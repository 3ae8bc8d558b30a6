package dev.parley.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.parley.gateway.problem.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The documents by themselves: whether they are valid, whole, and say nothing that they contradict. */
class ProtocolDocumentTests {

    private static final String OPENAPI = "https://spec.openapis.org/oas/3.1/schema";

    /** OpenAPI's schema says little of the schemas in a document. Here a misspelt keyword is wrong, too. */
    private static final String STRICT_SCHEMA = """
            {"$dynamicAnchor": "meta", "$ref": "https://json-schema.org/draft/2020-12/schema",
             "properties": {"discriminator": true}, "unevaluatedProperties": false}""";
    private static final String STRICT_OPENAPI = """
            {"$id": "https://parley.test/openapi", "$schema": "https://json-schema.org/draft/2020-12/schema",
             "$ref": "%s", "$defs": {"schema": %s}}""".formatted(OPENAPI, STRICT_SCHEMA);

    static Stream<ProtocolDocument> documents() {
        return Stream.of(ProtocolDocument.openApi(), ProtocolDocument.asyncApi());
    }

    private static JsonNode read(ProtocolDocument document) {
        return Described.JSON.readTree(document.json());
    }

    @Test
    void theOpenApiDocumentIsValid() throws IOException {
        Map<String, String> official = Map.of(OPENAPI, specification("openapi-3.1.json"));
        Schema schema = SchemaRegistry
                .withDefaultDialect(SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(official))
                .getSchema(Described.JSON.readTree(STRICT_OPENAPI));
        assertThat(schema.validate(read(ProtocolDocument.openApi()))).isEmpty();
    }

    @Test
    void theAsyncApiDocumentIsValid() throws IOException {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                .getSchema(Described.JSON.readTree(specification("asyncapi-3.0.json")));
        assertThat(schema.validate(read(ProtocolDocument.asyncApi()))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void schemasHaveOnlyKeywordsThatThereAre(ProtocolDocument document) {
        Schema strict = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Described.JSON.readTree(STRICT_SCHEMA));
        assertThat(read(document).at("/components/schemas").properties())
                .isNotEmpty()
                .allSatisfy(schema -> assertThat(strict.validate(schema.getValue())).as(schema.getKey()).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyReferenceLeadsSomewhereInTheDocumentAndEveryPartIsReferredTo(ProtocolDocument document) {
        JsonNode root = read(document);
        List<String> references = strings(root, "$ref");
        assertThat(references).allSatisfy(reference -> assertThat(reference).startsWith("#/"));
        assertThat(references)
                .allSatisfy(reference -> assertThat(root.at(reference.substring(1)).isMissingNode()).isFalse());
        Set<String> used = new HashSet<>(references);
        root.path("components").properties().stream().filter(part -> !part.getKey().equals("securitySchemes"))
                .forEach(part -> part.getValue().propertyNames().forEach(
                        name -> assertThat(used).contains("#/components/%s/%s".formatted(part.getKey(), name))));
    }

    @Test
    void examplesAreGood() {
        for (Described document : List.of(Described.openApi(), Described.asyncApi())) {
            JsonNode schemas = document.at("/components/schemas");
            schemas.propertyNames().forEach(name -> schemas.path(name).path("examples").forEach(example -> assertThat(
                    document.faults("/components/schemas/" + name, example)).as("%s %s", name, example).isEmpty()));
        }
        Described openApi = Described.openApi();
        List<String> bodies = pointersTo(openApi.root(), "", "example");
        assertThat(bodies).hasSizeGreaterThan(20).allSatisfy(pointer -> assertThat(openApi.faults(
                pointer.replaceAll("/example$", "/schema"), openApi.root().at(pointer))).as(pointer).isEmpty());
    }

    @Test
    void everyOperationHasItsOwnNameAndASummaryAndKnownSecurity() {
        JsonNode root = read(ProtocolDocument.openApi());
        Set<String> names = new HashSet<>();
        Set<String> schemes = Set.copyOf(root.at("/components/securitySchemes").propertyNames());
        root.path("paths")
                .forEach(path -> path.properties().stream().filter(entry -> !entry.getKey().equals("parameters"))
                        .map(Map.Entry::getValue).forEach(operation -> {
                            assertThat(names.add(operation.path("operationId").asString())).as("%s", operation)
                                    .isTrue();
                            assertThat(operation.path("summary").asString()).isNotBlank();
                            assertThat(operation.path("security").isArray()).as("%s", operation).isTrue();
                            operation.path("security").forEach(
                                    choice -> assertThat(schemes).containsAll(choice.propertyNames()));
                        }));
        assertThat(names).hasSizeGreaterThan(60);
    }

    @Test
    void aChannelsMessagesAreThoseThatItsTwoSidesSay() {
        JsonNode root = read(ProtocolDocument.asyncApi());
        assertThat(root.path("channels").propertyNames()).hasSize(6).allSatisfy(channel -> {
            List<JsonNode> operations = root.path("operations").valueStream().filter(
                    operation -> operation.at("/channel/$ref").asString().equals("#/channels/" + channel)).toList();
            assertThat(operations).extracting(operation -> operation.path("action").asString())
                    .containsExactlyInAnyOrder("send", "receive");
            assertThat(operations.stream().flatMap(operation -> operation.path("messages").valueStream())
                    .map(message -> message.path("$ref").asString()))
                    .containsExactlyInAnyOrderElementsOf(root.at("/channels/%s/messages".formatted(channel))
                            .propertyNames().stream().map(name -> "#/channels/%s/messages/%s".formatted(channel, name))
                            .toList());
        });
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyCodeOfAProblemIsNamed(ProtocolDocument document) {
        assertThat(read(document).at("/components/schemas/ProblemCode/enum").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Problem.values()).map(Problem::code).toList());
    }

    private static List<String> strings(JsonNode node, String field) {
        List<String> found = new ArrayList<>();
        node.properties().forEach(entry -> {
            if (entry.getKey().equals(field)) {
                found.add(entry.getValue().asString());
            }
        });
        node.forEach(child -> found.addAll(strings(child, field)));
        return found;
    }

    private static List<String> pointersTo(JsonNode node, String here, String field) {
        List<String> found = new ArrayList<>();
        node.properties().forEach(entry -> {
            String there = here + "/" + Described.escaped(entry.getKey());
            if (entry.getKey().equals(field)) {
                found.add(there);
            }
            found.addAll(pointersTo(entry.getValue(), there, field));
        });
        return found;
    }

    private static String specification(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                ProtocolDocumentTests.class.getResourceAsStream("/specifications/" + file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
