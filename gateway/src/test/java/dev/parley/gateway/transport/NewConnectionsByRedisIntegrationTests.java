package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The same where nodes share what they have counted. */
@DirtiesContext
class NewConnectionsByRedisIntegrationTests extends NewConnectionsIntegrationTests {

    private static final RedisProcess REDIS = RedisProcess.start();

    @DynamicPropertySource
    static void redis(DynamicPropertyRegistry registry) {
        registry.add("parley.redis.url", REDIS::url);
    }

    @AfterAll
    static void theyWereCountedInRedis() {
        String counted = REDIS.say("EVAL \"return #redis.call('KEYS', 'parley:*:limit:connections:*')\" 0");
        REDIS.close();
        assertThat(counted).matches(":[1-9][0-9]*");
    }
}
