package dev.parley.gateway.console;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.parley.gateway.access.AdministratorsOnly;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** The paths of this package (PROTOCOL section 3). */
@Configuration(proxyBeanMethods = false)
class ConsoleRoutes {

    @Bean
    RouterFunction<ServerResponse> loginRoutes(LoginHandler logins, VisitorTokenHandler visitorTokens) {
        return route()
                .POST("/api/auth/login", logins::login)
                .POST("/api/auth/refresh", logins::refresh)
                .GET("/api/auth/me", logins::me)
                .POST("/api/widget/token", visitorTokens::refresh)
                .build();
    }

    @Bean
    RouterFunction<ServerResponse> administrationRoutes(AdministratorsOnly administratorsOnly,
            AssistantHandler assistants, SiteHandler sites, UserHandler users) {
        return route()
                .GET("/api/assistants", assistants::list)
                .POST("/api/assistants", assistants::create)
                .GET("/api/assistants/{id}", assistants::read)
                .PATCH("/api/assistants/{id}", assistants::change)
                .DELETE("/api/assistants/{id}", assistants::disable)
                .POST("/api/assistants/{id}/enable", assistants::enable)
                .GET("/api/sites", sites::list)
                .POST("/api/sites", sites::create)
                .GET("/api/sites/{id}", sites::read)
                .PATCH("/api/sites/{id}", sites::change)
                .DELETE("/api/sites/{id}", sites::disable)
                .POST("/api/sites/{id}/enable", sites::enable)
                .POST("/api/sites/{id}/secret", sites::rotateSecret)
                .GET("/api/users", users::list)
                .POST("/api/users", users::create)
                .GET("/api/users/{id}", users::read)
                .PATCH("/api/users/{id}", users::change)
                .DELETE("/api/users/{id}", users::disable)
                .POST("/api/users/{id}/enable", users::enable)
                .filter(administratorsOnly)
                .build();
    }
}
