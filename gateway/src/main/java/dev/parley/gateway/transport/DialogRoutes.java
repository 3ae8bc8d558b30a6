package dev.parley.gateway.transport;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.parley.gateway.access.AdministratorsOnly;
import dev.parley.gateway.access.Audience;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** The REST end points of dialogs (PROTOCOL section 3), the same for each audience but for what only operators do. */
@Configuration(proxyBeanMethods = false)
class DialogRoutes {

    @Bean
    RouterFunction<ServerResponse> dialogEndPoints(DialogHandlers handlers, DialogOpening opening) {
        return route()
                .POST("/api/widget/dialogs", opening::byVisitor)
                .POST("/api/site/dialogs", opening::bySiteUser)
                .add(of("/api/widget/dialogs", Audience.WIDGET, handlers))
                .add(of("/api/site/dialogs", Audience.SITE, handlers))
                .add(of("/api/dialogs", Audience.ADMIN, handlers))
                .DELETE("/api/dialogs/{id}/handoff", handlers::giveBack)
                .POST("/api/dialogs/{id}/close", handlers::close)
                .POST("/api/dialogs/{id}/reopen", handlers::reopen)
                .build();
    }

    @Bean
    RouterFunction<ServerResponse> connectionStats(AdministratorsOnly administratorsOnly,
            ConnectionStatsHandler statistics) {
        return route().GET("/api/connection_stats", statistics::read).filter(administratorsOnly).build();
    }

    @Bean
    RouterFunction<ServerResponse> openAnswers(OpenAnswersHandler handler, AnswerStatusHandler status) {
        return route()
                .GET("/api/ai/status", status::read)
                .GET("/api/ai/requests", handler::list)
                .DELETE("/api/ai/requests", handler::cancelAll)
                .DELETE("/api/ai/requests/{request_id}", handler::cancel)
                .build();
    }

    private static RouterFunction<ServerResponse> of(String base, Audience audience, DialogHandlers handlers) {
        return route()
                .GET(base, request -> handlers.list(request, audience))
                .GET(base + "/{id}", request -> handlers.get(request, audience))
                .GET(base + "/{id}/messages", request -> handlers.history(request, audience))
                .POST(base + "/{id}/messages", request -> handlers.post(request, audience))
                .POST(base + "/{id}/answers", request -> handlers.askAgain(request, audience))
                .DELETE(base + "/{id}/answers/{request_id}", request -> handlers.cancel(request, audience))
                .POST(base + "/{id}/typing", request -> handlers.typing(request, audience))
                .POST(base + "/{id}/receipts", request -> handlers.receipt(request, audience))
                .POST(base + "/{id}/handoff", request -> handlers.handOff(request, audience))
                .build();
    }
}
