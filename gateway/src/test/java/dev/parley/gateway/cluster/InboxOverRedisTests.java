package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.parley.gateway.dialog.Inbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class InboxOverRedisTests {

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final NodeCalls calls = mock(NodeCalls.class);
    private final List<String> told = new ArrayList<>();
    private final InboxOverRedis inbox = new InboxOverRedis(calls,
            new StaticListableBeanFactory().getBeanProvider(Inbox.class), clock);
    private boolean redisIsAway;

    @BeforeEach
    void start() {
        when(calls.tellAll(eq("changed"), any())).thenAnswer(call -> Mono.defer(() -> {
            if (redisIsAway) {
                return Mono.error(new IllegalStateException("Redis is away"));
            }
            told.add(Objects.requireNonNull(call.getArgument(1)).toString());
            return Mono.empty();
        }));
        inbox.afterPropertiesSet();
    }

    @AfterEach
    void stop() {
        inbox.destroy();
    }

    @Test
    void whatChangesWithinAQuarterOfASecondIsToldAtOnce() {
        inbox.changed(7);
        inbox.changed(7);
        inbox.changed(8);
        assertThat(told).isEmpty();
        clock.advanceTimeBy(Duration.ofMillis(250));
        assertThat(told).singleElement().asString().contains("7", "8");
    }

    @Test
    void whereNothingChangesNothingIsTold() {
        clock.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(told).isEmpty();
    }

    @Test
    void whatCouldNotBeToldIsToldLater() {
        redisIsAway = true;
        inbox.changed(7);
        clock.advanceTimeBy(Duration.ofMinutes(1));
        redisIsAway = false;
        clock.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).singleElement().asString().contains("[7]");
    }

    @Test
    void ofTooManyItIsOnlyToldThatTheyAreTooMany() {
        redisIsAway = true;
        for (long id = 0; id <= InboxOverRedis.MOST; id++) {
            inbox.changed(id);
        }
        clock.advanceTimeBy(Duration.ofSeconds(1));
        redisIsAway = false;
        clock.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).singleElement().asString().isEqualTo("Changes[ids=[], tooMany=true]");
    }
}
