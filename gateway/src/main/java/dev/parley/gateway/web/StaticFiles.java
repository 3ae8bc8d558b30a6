package dev.parley.gateway.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import org.springframework.boot.webflux.autoconfigure.ResourceHandlerRegistrationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.web.reactive.config.CorsRegistry;
import org.springframework.web.reactive.config.WebFluxConfigurer;

/**
 * How the pages and the client library are served. A browser asks each time whether its files are still the newest, and is
 * told so by one tag for all of them, for they come in one jar. Pages of every origin may import the library.
 */
@Configuration(proxyBeanMethods = false)
class StaticFiles implements WebFluxConfigurer {

    private static final int TAG_BYTES = 12;

    @Bean
    ResourceHandlerRegistrationCustomizer fileTag() throws IOException {
        Resource[] files = new PathMatchingResourcePatternResolver().getResources("classpath*:/static/**/*.*");
        String tag = '"' + tag(files) + '"';
        return registration -> registration.setEtagGenerator(file -> tag);
    }

    private static String tag(Resource[] files) {
        MessageDigest digest = sha256();
        Arrays.stream(files).sorted(Comparator.comparing(Resource::getDescription)).forEach(file -> {
            try (InputStream content = file.getInputStream()) {
                digest.update(content.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return HexFormat.of().formatHex(digest.digest(), 0, TAG_BYTES);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    @Override
    public void addCorsMappings(CorsRegistry registry) {
        registry.addMapping("/parley-client.js").allowedOrigins("*").allowedMethods("GET", "HEAD");
    }
}
