package dev.parley.gateway;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeoutException;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Routes that fail in the ways in which a gateway should not, to see what clients and logs get to know of it. */
@TestConfiguration(proxyBeanMethods = false)
public class FailingRoutes {

    public static final String INSIDE = "select password_hash from users";

    @Bean
    RouterFunction<ServerResponse> failingRoutes() {
        return route()
                .GET("/api/test/bug", _ -> {
                    throw new IllegalStateException(INSIDE);
                })
                .GET("/api/test/later-bug", _ -> Mono.error(new IllegalStateException(INSIDE)))
                .GET("/api/test/away", _ -> Mono.error(new DataAccessResourceFailureException(INSIDE)))
                .GET("/api/test/slow", _ -> Mono.error(new TimeoutException(INSIDE)))
                .GET("/api/test/broken-off", _ -> ServerResponse.ok().body(brokenOff(), DataBuffer.class))
                .build();
    }

    private static Flux<DataBuffer> brokenOff() {
        return Flux.just("so far ")
                .<DataBuffer>map(text -> DefaultDataBufferFactory.sharedInstance
                        .wrap(text.repeat(10_000).getBytes(StandardCharsets.UTF_8)))
                .concatWith(Mono.error(new IllegalStateException(INSIDE)));
    }
}
