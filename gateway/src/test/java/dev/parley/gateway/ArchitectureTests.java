package dev.parley.gateway;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The rules of the house, from DESIGN section 2 and the README of the module. */
@AnalyzeClasses(packages = "dev.parley.gateway", importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

    private static final String ROOT = "dev.parley.gateway";

    @ArchTest
    static final ArchRule arrowsPointDownwardsOnly = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
            .layer("start").definedBy(ROOT)
            .layer("transport").definedBy(ROOT + ".transport")
            .layer("console").definedBy(ROOT + ".console")
            .layer("protocol").definedBy(ROOT + ".protocol")
            .layer("answer").definedBy(ROOT + ".answer")
            .layer("model").definedBy(ROOT + ".model")
            .layer("presence").definedBy(ROOT + ".presence")
            .layer("dialog").definedBy(ROOT + ".dialog")
            .layer("access").definedBy(ROOT + ".access")
            .layer("web").definedBy(ROOT + ".web")
            .layer("limits").definedBy(ROOT + ".limits")
            .layer("embedded").definedBy(ROOT + ".embedded")
            .layer("rehearsal").definedBy(ROOT + ".rehearsal")
            .layer("replay").definedBy(ROOT + ".replay")
            .layer("settings").definedBy(ROOT + ".settings")
            .layer("database").definedBy(ROOT + ".database")
            .layer("cluster").definedBy(ROOT + ".cluster")
            .layer("problem").definedBy(ROOT + ".problem")
            .whereLayer("start").mayNotBeAccessedByAnyLayer()
            .whereLayer("transport").mayNotBeAccessedByAnyLayer()
            .whereLayer("console").mayNotBeAccessedByAnyLayer()
            .whereLayer("protocol").mayNotBeAccessedByAnyLayer()
            .whereLayer("answer").mayOnlyBeAccessedByLayers("start", "transport", "cluster")
            .whereLayer("model").mayOnlyBeAccessedByLayers("start", "transport", "answer")
            .whereLayer("presence").mayOnlyBeAccessedByLayers("transport")
            .whereLayer("cluster").mayNotBeAccessedByAnyLayer()
            .whereLayer("dialog").mayOnlyBeAccessedByLayers("transport", "answer", "presence", "cluster")
            .whereLayer("access").mayOnlyBeAccessedByLayers("transport", "console", "answer", "presence", "dialog")
            .whereLayer("web").mayOnlyBeAccessedByLayers("transport", "console", "access")
            .whereLayer("limits").mayOnlyBeAccessedByLayers("transport", "console", "answer", "dialog", "access",
                    "cluster")
            .whereLayer("embedded").mayOnlyBeAccessedByLayers("database")
            .whereLayer("rehearsal").mayOnlyBeAccessedByLayers("start")
            .whereLayer("replay").mayOnlyBeAccessedByLayers("start")
            .whereLayer("settings").mayOnlyBeAccessedByLayers("start", "database", "access", "embedded", "web",
                    "limits", "cluster");

    @ArchTest
    static final ArchRule packagesDoNotGoInCircles = slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyRoomsAndConnectionsMakeSinks = noClasses().that(
            resideInAPackage(ROOT + ".console").or(resideInAPackage(ROOT + ".web")))
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Sinks.class);

    @ArchTest
    static final ArchRule nobodyBlocksOnAStream = noClasses().that()
            .resideOutsideOfPackages(ROOT, ROOT + ".embedded", ROOT + ".database", ROOT + ".settings", ROOT + ".access")
            .should()
            .callMethod(Mono.class, "block")
            .orShould()
            .callMethod(Mono.class, "block", java.time.Duration.class)
            .orShould()
            .callMethod(Flux.class, "blockLast")
            .orShould()
            .callMethod(Flux.class, "blockFirst")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class);

    /** What nodes do to each other goes by the clock of the database, or of Redis, or by how much time has passed. */
    @ArchTest
    static final ArchRule noDecisionBetweenNodesRestsOnTheClockOfOne = noClasses().that()
            .resideInAnyPackage(ROOT + ".dialog", ROOT + ".answer", ROOT + ".presence", ROOT + ".cluster",
                    ROOT + ".limits", ROOT + ".database", ROOT + ".model")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(java.time.OffsetDateTime.class, "now")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.time.InstantSource.class);

    @ArchTest
    static final ArchRule theHeartKnowsNoTransport = noClasses().that()
            .resideInAnyPackage(ROOT + ".dialog", ROOT + ".answer", ROOT + ".model", ROOT + ".presence")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty.handler.codec.http.websocketx..", "org.springframework.web.reactive.socket..",
                    "org.springframework.web.reactive.function.server..");

    @ArchTest
    static final ArchRule thereIsNoMutableStaticState = noFields().that()
            .areStatic()
            .should()
            .notBeFinal()
            .because("state belongs to somebody");

    @ArchTest
    static final ArchRule nothingIsInjectedIntoFields = noFields().should()
            .beAnnotatedWith(org.springframework.beans.factory.annotation.Autowired.class);

    @ArchTest
    static final ArchRule beansThatNobodyElseNeedsAreTheirPackagesOwn = classes().that()
            .areAnnotatedWith(Component.class)
            .should()
            .haveModifier(JavaModifier.FINAL)
            .orShould()
            .beRecords();

    @ArchTest
    static final ArchRule factoryMethodsOfBeansAreNotStatic = methods().that()
            .areAnnotatedWith(org.springframework.context.annotation.Bean.class)
            .should()
            .notBePrivate();

    @Test
    void everyPackageSaysWhatLivesThereAndAllowsNoNull() throws IOException {
        Path sources = Path.of("src/main/java/dev/parley/gateway");
        try (Stream<Path> folders = Files.walk(sources).filter(Files::isDirectory)) {
            List<Path> all = folders.toList();
            assertThat(all).hasSizeGreaterThan(8).allSatisfy(folder -> assertThat(folder.resolve("package-info.java"))
                    .exists()
                    .content()
                    .contains("@NullMarked")
                    .contains("/**"));
        }
    }
}
