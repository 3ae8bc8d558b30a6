package dev.parley.gateway.protocol;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import java.util.function.Supplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Where the documents are. They hold no secret: everybody may read them, and pages of every origin may. */
@Configuration(proxyBeanMethods = false)
class ProtocolRoutes {

    @Bean
    RouterFunction<ServerResponse> protocolDocuments() {
        return route()
                .GET("/openapi.json", serve(ProtocolDocument::openApi))
                .GET("/asyncapi.json", serve(ProtocolDocument::asyncApi))
                .build();
    }

    /** Made when somebody first asks, for most gateways are never asked, and kept. */
    private static HandlerFunction<ServerResponse> serve(Supplier<ProtocolDocument> document) {
        Mono<ProtocolDocument> made = Mono.fromSupplier(document).subscribeOn(Schedulers.boundedElastic()).cache();
        return request -> made.flatMap(ready -> ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .cacheControl(CacheControl.noCache())
                .eTag(ready.tag())
                .header(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .bodyValue(ready.json()));
    }
}
