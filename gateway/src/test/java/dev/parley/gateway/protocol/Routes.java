package dev.parley.gateway.protocol;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.springframework.context.ApplicationContext;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.handler.AbstractUrlHandlerMapping;
import org.springframework.web.reactive.resource.ResourceWebHandler;
import org.springframework.web.reactive.result.method.RequestMappingInfoHandlerMapping;
import reactor.core.publisher.Mono;

/** All routes of a running gateway but those of its files, each as {@code GET /path/{variable}}. */
final class Routes implements RouterFunctions.Visitor {

    private final Set<String> found = new TreeSet<>();

    private Routes() {}

    static Set<String> of(ApplicationContext context) {
        Routes routes = new Routes();
        context.getBeansOfType(RouterFunction.class).values().forEach(function -> function.accept(routes));
        // Carriers of dialogs.
        context.getBeansOfType(AbstractUrlHandlerMapping.class).values()
                .forEach(mapping -> mapping.getHandlerMap().forEach((pattern, handler) -> {
                    if (!(handler instanceof ResourceWebHandler)) {
                        routes.found.add("GET " + pattern.getPatternString());
                    }
                }));
        // Health and metrics.
        context.getBeansOfType(RequestMappingInfoHandlerMapping.class).values()
                .forEach(mapping -> mapping.getHandlerMethods().keySet()
                        .forEach(info -> info.getPatternsCondition().getPatterns()
                                .forEach(pattern -> info.getMethodsCondition().getMethods().forEach(
                                        method -> routes.found.add(method + " " + pattern.getPatternString())))));
        return routes.found;
    }

    @Override
    public void route(RequestPredicate predicate, HandlerFunction<?> handler) {
        MethodAndPath one = new MethodAndPath();
        predicate.accept(one);
        one.methods.forEach(method -> found.add(method + " " + one.path));
    }

    /** Of a predicate that says no more than both, or what the client has to accept. */
    private static final class MethodAndPath implements RequestPredicates.Visitor {

        private Set<HttpMethod> methods = Set.of();
        private String path = "";

        @Override
        public void method(Set<HttpMethod> given) {
            methods = given;
        }

        @Override
        public void path(String pattern) {
            path = pattern;
        }

        @Override
        public void header(String name, String value) {}

        @Override
        public void queryParam(String name, String value) {}

        @Override
        @Deprecated
        @SuppressWarnings({"deprecation", "removal"})
        public void pathExtension(String extension) {}

        @Override
        public void version(String version) {}

        @Override
        public void startAnd() {}

        @Override
        public void and() {}

        @Override
        public void endAnd() {}

        @Override
        public void startOr() {
            throw new IllegalStateException("The route may be one of many, which nobody here can read.");
        }

        @Override
        public void or() {}

        @Override
        public void endOr() {}

        @Override
        public void startNegate() {}

        @Override
        public void endNegate() {}

        @Override
        public void unknown(RequestPredicate predicate) {}
    }

    @Override
    public void startNested(RequestPredicate predicate) {
        throw new IllegalStateException("Nested routes are not read here.");
    }

    @Override
    public void endNested(RequestPredicate predicate) {}

    @Override
    public void resources(Function<ServerRequest, Mono<Resource>> lookupFunction) {}

    @Override
    public void attributes(Map<String, Object> attributes) {}

    @Override
    public void unknown(RouterFunction<?> routerFunction) {
        throw new IllegalStateException("A route that nobody can read: " + routerFunction);
    }
}
