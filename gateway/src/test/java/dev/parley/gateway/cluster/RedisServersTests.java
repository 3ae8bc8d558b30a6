package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.settings.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisServersTests {

    @Test
    void oneUrlIsOneServer() {
        assertThat(RedisServers.parse("redis://:secret@cache:6380/2")).isInstanceOfSatisfying(RedisServers.One.class,
                one -> {
                    assertThat(one.uri().getHost()).isEqualTo("cache");
                    assertThat(one.uri().getPort()).isEqualTo(6380);
                    assertThat(one.uri().getDatabase()).isEqualTo(2);
                    assertThat(one.uri().isSsl()).isFalse();
                    assertThat(one).hasToString("cache:6380");
                });
    }

    @Test
    void tlsIsInTheScheme() {
        assertThat(RedisServers.parse("rediss://cache")).isInstanceOfSatisfying(RedisServers.One.class,
                one -> assertThat(one.uri().isSsl()).isTrue());
    }

    @Test
    void sentinelsAreInOneUrlAndSayWhoseServerTheyWatch() {
        assertThat(RedisServers.parse("redis-sentinel://one:26379,two:26380/0#main"))
                .isInstanceOfSatisfying(RedisServers.One.class, one -> {
                    assertThat(one.uri().getSentinels()).hasSize(2);
                    assertThat(one).hasToString("main of the Sentinels one:26379, two:26380");
                });
    }

    @Test
    void severalUrlsAreACluster() {
        assertThat(RedisServers.parse("redis://one:7000, redis://:secret@two:7001"))
                .isInstanceOfSatisfying(RedisServers.Cluster.class, cluster -> {
                    assertThat(cluster.nodes()).hasSize(2);
                    assertThat(cluster).hasToString("the cluster of one:7000, two:7001");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"cache:6379", "http://:secret@cache", "redis:secret",
            "redis-sentinel://:secret@one:26379", "redis-sentinel://one/0#a,redis-sentinel://:secret@two/0#a", ""})
    void whatIsNotUnderstoodIsToldWithoutThePassword(String url) {
        assertThatThrownBy(() -> RedisServers.parse(url)).isInstanceOf(SettingException.class)
                .hasMessageContaining("parley.redis.url")
                .hasMessageContaining("allowed")
                .satisfies(error -> assertThat(error.toString()).doesNotContain("secret"));
    }
}
