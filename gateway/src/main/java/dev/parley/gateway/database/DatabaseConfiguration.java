package dev.parley.gateway.database;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.ConnectionFactory;
import java.nio.file.Path;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import reactor.netty.resources.LoopResources;

/**
 * Gives the rest of the house its {@link ConnectionFactory}. Everybody who has one finds the migrations done, and it is
 * closed before the embedded server is.
 */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    @Bean
    DatabaseServer databaseServer(DatabaseSettings settings, Environment environment) {
        return DatabaseServer.start(settings, Path.of(environment.getProperty("parley.data-dir", "./data")));
    }

    @Bean
    MigrationAddress migrationAddress(DatabaseServer server) {
        return new MigrationAddress(server.address());
    }

    /** Event loops of its own, and not colocated: else all connections could end up on the one loop that opens the first. */
    @Bean(destroyMethod = "dispose")
    LoopResources databaseLoops() {
        return LoopResources.create("database", 1, LoopResources.DEFAULT_IO_WORKER_COUNT, true, false);
    }

    @Bean(destroyMethod = "dispose")
    @DependsOnDatabaseInitialization
    ConnectionPool connectionPool(DatabaseServer server, DatabaseSettings settings, LoopResources databaseLoops) {
        return Connections.open(server.address(), settings, databaseLoops);
    }

    /** In the place of Spring Boot's own, which waits for a frozen server without a limit. */
    @Bean
    DatabaseHealth r2dbcHealthIndicator(ConnectionFactory connections) {
        return new DatabaseHealth(connections);
    }
}
