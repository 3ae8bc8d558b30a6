package dev.parley.gateway.benchmark.server;

import dev.parley.gateway.ParleyApplication;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/** The gateway as it is, and {@link LiveFrames}. */
public final class GatewayServer {

    private GatewayServer() {}

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(ParleyApplication.class, LiveFrames.class);
        application.addInitializers(context -> context.getBeanFactory().registerSingleton("noTests", new NoTests()));
        application.run(arguments);
    }

    /** What tests add to their gateways is on the class path, too. */
    private static final class NoTests extends TypeExcludeFilter {

        @Override
        public boolean match(MetadataReader reader, MetadataReaderFactory factory) {
            return reader.getAnnotationMetadata().hasAnnotation(TestConfiguration.class.getName());
        }
    }
}
