package dev.parley.gateway.database;

import org.jspecify.annotations.Nullable;

/**
 * Where the database is and as whom it is used, for the two drivers.
 *
 * @param sslMode how much TLS, in PostgreSQL's words: from {@code disable} to {@code verify-full}
 * @param rootCertificate file with the certificate authority that the server's certificate is checked against
 */
record DatabaseAddress(String host, int port, String database, String username, @Nullable String password,
        String sslMode,
        @Nullable String rootCertificate) {

    /** For Flyway; without the user. */
    String jdbcUrl() {
        String url = "jdbc:postgresql://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + "/"
                + UrlText.encode(database) + "?ApplicationName=parley&connectTimeout=3&loginTimeout=10&sslmode="
                + sslMode;
        return rootCertificate == null ? url : url + "&sslrootcert=" + UrlText.encode(rootCertificate);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return username + "@" + host + ":" + port + "/" + database;
    }
}
