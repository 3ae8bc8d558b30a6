package dev.parley.gateway.dialog;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Whatever many senders do at once, the log of each dialog stays dense, in order and without repeats. */
@ResourceLock(Lanes.OWN)
class MessageLogPropertyIntegrationTests {

    @SuppressWarnings("NullAway.Init") // by start()
    private static LogFixture fixture;

    @BeforeContainer
    static void start() {
        fixture = new LogFixture();
    }

    @AfterContainer
    static void stop() {
        fixture.close();
    }

    private record Sent(long dialog, String clientMsgId, Append outcome) {}

    @Property(tries = 12, shrinking = ShrinkingMode.OFF)
    void seqsAreDenseAndNothingIsThereTwice(@ForAll Random random, @ForAll @IntRange(min = 1, max = 6) int dialogCount,
            @ForAll @IntRange(min = 1, max = 300) int messages) {
        List<Long> dialogs = fixture.openDialogs(dialogCount);
        List<Sent> sent = await(Flux.range(0, messages)
                .map(i -> dialogs.get(random.nextInt(dialogCount)))
                .map(dialog -> message(dialog, random))
                // Many threads, senders who leave, messages that PostgreSQL refuses, and many repeats.
                .parallel(4)
                .runOn(Schedulers.parallel())
                .flatMap(message -> send(message, random))
                .sequential()
                .collectList());
        dialogs.forEach(dialog -> check(dialog, sent.stream().filter(one -> one.dialog() == dialog).toList()));
    }

    private static NewMessage message(long dialog, Random random) {
        String id = "m" + random.nextInt(60);
        String text = random.nextInt(40) == 0 ? "bad \0" : "text of " + id;
        return LogFixture.fromUser(dialog, id, text);
    }

    private static Mono<Sent> send(NewMessage message, Random random) {
        Mono<Sent> sending = fixture.log.append(message)
                .map(outcome -> new Sent(message.dialogId(), message.clientMsgId(), outcome))
                .onErrorResume(error -> Mono.empty());
        return random.nextInt(10) == 0
                ? Mono.fromRunnable(() -> sending.subscribe().dispose())
                : sending;
    }

    private static void check(long dialog, List<Sent> sent) {
        // A statement of its own: the senders who left may still be writing.
        await(fixture.log.append(LogFixture.fromUser(dialog, "last", "the end")));
        List<Message> log = await(fixture.history.after(dialog, 0, 1000)).messages();
        assertThat(log).extracting(Message::seq)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, log.size()).boxed().toList());
        Set<String> ids = new HashSet<>();
        Map<String, Long> seqs = new HashMap<>();
        log.forEach(message -> {
            assertThat(ids.add(message.clientMsgId())).as("%s is there once", message.clientMsgId()).isTrue();
            seqs.put(message.clientMsgId(), message.seq());
        });
        assertThat(sent).allSatisfy(one -> assertThat(((Append.Stored) one.outcome()).message().seq())
                .as("everybody was told the same seq of %s", one.clientMsgId())
                .isEqualTo(seqs.get(one.clientMsgId())));
    }
}
