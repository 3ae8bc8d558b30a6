package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.answer.SlotLedger.Claim;
import dev.parley.gateway.answer.SlotLedger.Grant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What all ledgers of slots promise, wherever they are kept. Clocks are real. */
public abstract class SlotLedgerContract {

    protected static final Duration TIMEOUT = Duration.ofSeconds(30);
    protected static final int MOST = 5;

    private final AtomicLong numbers = new AtomicLong();

    /** The same ledger, as three nodes see it; empty when a test begins. */
    protected abstract List<SlotLedger> nodes();

    protected final Grant settle(int node, int used, Long... waiting) {
        return settle(node, used, 1, waiting);
    }

    private Grant settle(int node, int used, int live, Long... waiting) {
        return settle(new Claim(node + 1, numbers.incrementAndGet(), used, MOST, live, List.of(waiting)));
    }

    private Grant settle(Claim claim) {
        return nodes().get((int) claim.node() - 1).settle(claim).blockOptional(TIMEOUT).orElseThrow();
    }

    @Test
    void whoIsAloneGetsAllThatItAsksForAndNoMoreThanThereAre() {
        assertThat(settle(0, 0)).isEqualTo(new Grant(0, 5));
        assertThat(settle(0, 0, 10L, 5L)).isEqualTo(new Grant(2, 3));
        assertThat(settle(0, 2, 10L, 5L, 4L, 3L, 2L)).isEqualTo(new Grant(5, 0));
    }

    @Test
    void whatOneHasAnotherDoesNotGet() {
        settle(0, 0, 1L, 1L, 1L);
        assertThat(settle(1, 0, 9L, 9L, 9L).slots()).isEqualTo(2);
        assertThat(settle(2, 0, 9L).slots()).isZero();
    }

    @Test
    void manyWhoAskAtOnceGetAsManyTogetherAsThereAre() {
        List<Claim> claims = IntStream.rangeClosed(1, 200)
                .mapToObj(each -> new Claim(1 + each % 3, each, 0, MOST, 1, List.of(5L, 4L)))
                .toList();
        var last = Flux.fromIterable(claims)
                .flatMap(claim -> nodes().get((int) claim.node() - 1).settle(claim).map(grant -> List.of(claim, grant)),
                        50)
                .collectList()
                .blockOptional(TIMEOUT)
                .orElseThrow()
                .stream()
                .collect(Collectors.toMap(pair -> ((Claim) pair.get(0)).node(), pair -> pair,
                        (one, other) -> ((Claim) one.get(0)).number() > ((Claim) other.get(0)).number() ? one : other));
        assertThat(last.values().stream().mapToInt(pair -> ((Grant) pair.get(1)).slots()).sum())
                .isLessThanOrEqualTo(MOST);
    }

    @Test
    void whatIsGivenBackIsForWhoHasWaitedLongest() {
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        assertThat(settle(1, 0, 100L).slots()).isZero();
        assertThat(settle(2, 0, 90_000L).slots()).isZero();
        // Whoever gives back has no right to it before those who have waited longer.
        assertThat(settle(0, 4, 50L).slots()).isEqualTo(4);
        assertThat(settle(1, 0, 100L).slots()).isZero();
        assertThat(settle(2, 0, 90_000L).slots()).isOne();
    }

    @Test
    void ofSeveralThatAreFreeEachGoesToWhoIsNext() {
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        assertThat(settle(1, 0, 90_000L, 10L).slots()).isZero();
        assertThat(settle(2, 0, 60_000L, 30_000L).slots()).isZero();
        settle(0, 3);
        assertThat(settle(2, 0, 60_000L, 30_000L).slots()).isOne();
        assertThat(settle(1, 0, 90_000L, 10L).slots()).isOne();
    }

    @Test
    void whoWaitsIsToldWhenSomethingIsFree() {
        AtomicLong told = new AtomicLong();
        nodes().get(1).onFree(told::incrementAndGet);
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        settle(1, 0, 90_000L);
        settle(0, 4);
        Awaitility.await().atMost(TIMEOUT).until(() -> told.get() > 0);
    }

    @Test
    void whoWaitsAndIsNotHeardOfLosesItsPlace() {
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        settle(1, 0, 90_000L);
        settle(0, 4);
        Awaitility.await().atMost(TIMEOUT).until(() -> settle(2, 0, 5L).slots() == 1);
    }

    @Test
    void whatIsUsedCountsHoweverMuchItIs() {
        settle(0, 0, 1L, 1L, 1L);
        assertThat(settle(1, 4).slots()).isEqualTo(4);
        assertThat(settle(0, 3, 1L)).isEqualTo(new Grant(3, 0));
        assertThat(settle(1, 1)).isEqualTo(new Grant(1, 0));
        assertThat(settle(0, 3, 1L)).isEqualTo(new Grant(4, 0));
    }

    @Test
    void aCallThatComesAfterALaterOneChangesNothing() {
        settle(new Claim(1, 7, 2, MOST, 1, List.of()));
        assertThat(settle(new Claim(1, 6, 0, MOST, 1, List.of(9L, 9L, 9L))).slots()).isEqualTo(2);
        assertThat(settle(1, 0)).isEqualTo(new Grant(0, 3));
    }

    @Test
    void whoLeavesHasNothingAnyMore() {
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        nodes().getFirst().leave(1).block(TIMEOUT);
        assertThat(settle(1, 0)).isEqualTo(new Grant(0, 5));
    }

    @Test
    void whatNodesMayUseUnseenIsGivenToNobody() {
        assertThat(Stream.of(1, 2, 3, 9).map(live -> settle(0, 0, live, 1L, 1L, 1L, 1L, 1L).slots()))
                .containsExactly(5, 3, 3, 1);
        settle(1, 0, 2);
        assertThat(settle(0, 0, 2, 1L, 1L, 1L, 1L, 1L).slots()).isEqualTo(5);
    }
}
