package dev.parley.gateway.web;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpMethod;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.support.RouterFunctionMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds out which methods a path takes. Functional routes know no "right path, wrong method", so the routes are asked
 * with each method in turn; this is done only for requests that no route took.
 */
@Component
final class AllowedMethods {

    private static final List<HttpMethod> METHODS = List.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT,
            HttpMethod.PATCH, HttpMethod.DELETE);

    private final ObjectProvider<RouterFunctionMapping> routes;
    private final ServerCodecConfigurer codecs;

    AllowedMethods(ObjectProvider<RouterFunctionMapping> routes, ServerCodecConfigurer codecs) {
        this.routes = routes;
        this.codecs = codecs;
    }

    /** The methods that some route takes at the path of this request, none when there is no such path. */
    Mono<List<String>> at(ServerWebExchange exchange) {
        List<RouterFunction<?>> all = routes.orderedStream()
                .<RouterFunction<?>>map(RouterFunctionMapping::getRouterFunction)
                .filter(Objects::nonNull)
                .toList();
        return Flux.fromIterable(METHODS)
                .filter(method -> !method.equals(exchange.getRequest().getMethod()))
                .filterWhen(method -> Flux.fromIterable(all)
                        .concatMap(some -> some.route(with(method, exchange)))
                        .hasElements())
                .map(HttpMethod::name)
                .collectList();
    }

    private ServerRequest with(HttpMethod method, ServerWebExchange exchange) {
        return ServerRequest.create(
                new Question(exchange.mutate().request(request -> request.method(method)).build()),
                codecs.getReaders());
    }

    /** An exchange with attributes of its own: a route that takes it writes down there what it has matched. */
    private static final class Question extends ServerWebExchangeDecorator {

        private final Map<String, Object> attributes = new HashMap<>();

        Question(ServerWebExchange exchange) {
            super(exchange);
        }

        @Override
        public Map<String, Object> getAttributes() {
            return attributes;
        }
    }
}
