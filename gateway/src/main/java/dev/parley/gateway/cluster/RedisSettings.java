package dev.parley.gateway.cluster;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * What nodes share beside the database.
 *
 * @param url {@code redis://}, {@code rediss://} (TLS) or {@code redis-sentinel://} as Lettuce reads them; several of the
 *        first two, with commas between, are nodes of a Redis Cluster; not given: this is the only node
 */
@ConfigurationProperties("parley.redis")
record RedisSettings(@Nullable String url) {

    /** Without the URL, which may hold a password, for it would get into logs. */
    @Override
    public String toString() {
        return "RedisSettings[]";
    }
}
