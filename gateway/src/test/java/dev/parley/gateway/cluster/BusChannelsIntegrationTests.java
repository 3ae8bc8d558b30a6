package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Mono;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import reactor.test.StepVerifier;

@ResourceLock(Lanes.NODES)
class BusChannelsIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Of several commands. */
    private static final List<String> MANY = IntStream.range(0, 5 * BusChannels.MOST_IN_A_COMMAND)
            .mapToObj(number -> "channel" + number).toList();

    @AutoClose
    private final RedisProcess redis = RedisProcess.start();
    @AutoClose
    private final RedisLink link = new RedisLink(RedisServers.parse(redis.url()));
    @AutoClose("dispose")
    private final BusChannels channels = new BusChannels();

    @Test
    void allThatIsWantedIsHeardOnANewConnection() {
        List<Mono<Void>> wanted = MANY.stream().map(channels::want).toList();
        StepVerifier.create(channels.use(connect())).expectComplete().verify(PATIENCE);
        StepVerifier.create(Mono.when(wanted)).expectComplete().verify(PATIENCE);
        assertThat(heard()).isEqualTo(MANY.size());

        channels.lose();
        StepVerifier.create(channels.use(connect())).expectComplete().verify(PATIENCE);
    }

    @Test
    void whatIsNotWantedAnyMoreBeforeItsTurnComesIsNotHeard() {
        MANY.forEach(channels::want);
        Mono<Void> whole = channels.use(connect());
        MANY.stream().skip(10).forEach(channels::unwant);
        StepVerifier.create(whole).expectComplete().verify(PATIENCE);
        Awaitility.await().until(() -> heard() == 10);
    }

    @Test
    void whatIsWantedAgainBeforeItIsLetGoIsHeard() {
        MANY.forEach(channels::want);
        StepVerifier.create(channels.use(connect())).expectComplete().verify(PATIENCE);
        MANY.forEach(channels::unwant);
        List<Mono<Void>> again = MANY.stream().map(channels::want).toList();
        StepVerifier.create(Mono.when(again)).expectComplete().verify(PATIENCE);
        Awaitility.await().during(Duration.ofMillis(300)).until(() -> heard() == MANY.size());
    }

    @Test
    void whoWaitsForWhatNobodyWantsAnyMoreIsToldSo() {
        Mono<Void> wanted = channels.want("a");
        channels.unwant("a");
        StepVerifier.create(wanted).expectError(CancellationException.class).verify(PATIENCE);
    }

    private StatefulRedisPubSubConnection<String, byte[]> connect() {
        StatefulRedisPubSubConnection<String, byte[]> connection = link.listen().blockOptional(PATIENCE).orElseThrow();
        connection.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void subscribed(String channel, long count) {
                channels.confirm(connection, channel);
            }
        });
        return connection;
    }

    /** Channels that somebody hears, as Redis has it. */
    private int heard() {
        try (RedisNode node = RedisNode.of(redis)) {
            return node.commands().send(commands -> commands.pubsubChannels("channel*")).blockOptional(PATIENCE)
                    .orElseThrow().size();
        }
    }
}
