package dev.parley.gateway.cluster;

import dev.parley.gateway.settings.SettingException;
import io.lettuce.core.RedisURI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Where Redis is: one server (found by Sentinels, or by its name), or the nodes of a Redis Cluster. */
sealed interface RedisServers {

    /** One server, or those who know which one it is. */
    record One(RedisURI uri) implements RedisServers {
        @Override
        public String toString() {
            return uri.getSentinels().isEmpty()
                    ? uri.getHost() + ":" + uri.getPort()
                    : uri.getSentinelMasterId() + " of the Sentinels "
                            + uri.getSentinels().stream().map(One::address).collect(Collectors.joining(", "));
        }

        private static String address(RedisURI uri) {
            return uri.getHost() + ":" + uri.getPort();
        }
    }

    /** Some nodes of a Redis Cluster, which know the others. */
    record Cluster(List<RedisURI> nodes) implements RedisServers {
        @Override
        public String toString() {
            return "the cluster of " + nodes.stream().map(One::address).collect(Collectors.joining(", "));
        }
    }

    /** Reads the setting. A complaint never repeats it, since it may hold a password. */
    static RedisServers parse(String text) {
        List<RedisURI> uris = Arrays.stream(text.split(",(?=\\s*redis)", -1)).map(RedisServers::uri).toList();
        if (uris.size() == 1) {
            return new One(uris.getFirst());
        }
        if (uris.stream().anyMatch(uri -> !uri.getSentinels().isEmpty())) {
            throw wrong("names several Sentinels as several URLs: put them into one, redis-sentinel://one,two/0#name");
        }
        return new Cluster(uris);
    }

    private static RedisURI uri(String text) {
        String scheme = text.strip().toLowerCase(Locale.ROOT).split(":", 2)[0];
        if (!List.of("redis", "rediss", "redis-sentinel", "rediss-sentinel").contains(scheme)) {
            throw wrong("is not understood");
        }
        try {
            RedisURI uri = RedisURI.create(text.strip());
            if (scheme.endsWith("sentinel") && uri.getSentinelMasterId() == null) {
                throw wrong("names no master: redis-sentinel://host:26379/0#name");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw wrong("is not understood");
        }
    }

    private static SettingException wrong(String what) {
        return new SettingException("parley.redis.url", what
                + " (allowed: redis://:password@host:6379, rediss:// for TLS,"
                + " redis-sentinel://host:26379/0#name, or the nodes of a cluster as redis://one:6379,redis://two:6379)");
    }
}
