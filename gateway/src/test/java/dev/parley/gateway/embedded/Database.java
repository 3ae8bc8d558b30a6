package dev.parley.gateway.embedded;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What tests ask an embedded PostgreSQL, over JDBC. */
final class Database {

    private final EmbeddedPostgres postgres;

    Database(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    Connection connect() throws SQLException {
        return connect(postgres.username(), postgres.password());
    }

    Connection connect(String username, String password) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + postgres.host() + ":" + postgres.port() + "/" + postgres.database(), username,
                password);
    }

    void run(String sql) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String ask(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
