package dev.parley.gateway.cluster;

import dev.parley.gateway.settings.SettingException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** What a gateway needs to be one of many nodes. */
@ManyNodes
@Configuration(proxyBeanMethods = false)
class ClusterConfiguration {

    @Bean(destroyMethod = "close")
    RedisLink redisLink(RedisSettings settings, Environment environment) {
        if (!StringUtils.hasText(environment.getProperty("parley.database.url"))) {
            throw new SettingException("parley.database.url",
                    "is needed where parley.redis.url is set, since nodes share"
                            + " one PostgreSQL: set PARLEY_DATABASE_URL, or leave out PARLEY_REDIS_URL for a gateway that is one"
                            + " node");
        }
        String url = settings.url();
        return new RedisLink(RedisServers.parse(url == null ? "" : url));
    }
}
