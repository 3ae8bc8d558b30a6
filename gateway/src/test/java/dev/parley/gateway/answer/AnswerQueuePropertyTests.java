package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Readiness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Whatever comes, is cancelled and ends, in whatever order: what the queue promises holds after each step. */
class AnswerQueuePropertyTests {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");

    private static final int RUNNING = 3;
    private static final int WAITING = 12;
    private static final int PER_USER = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private sealed interface Step {
        record Ask(int user, AnswerClass answerClass) implements Step {}

        record TakeOver(int dialog) implements Step {}

        record Cancel(int which) implements Step {}

        record End(int which) implements Step {}

        record PutBack(int which) implements Step {}

        record Bear(int atOnce) implements Step {}

        record Become(Readiness now) implements Step {}

        record Wait(int seconds) implements Step {}
    }

    @Property(tries = 500)
    void nobodyIsForgottenPassedOverOrStartedTwice(@ForAll("steps") List<Step> steps) {
        Run run = new Run();
        steps.forEach(step -> {
            run.take(step);
            run.startWhatMay();
            run.check();
        });
        run.letAllEnd();
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Step> ask = Combinators
                .combine(Arbitraries.integers().between(0, 5), Arbitraries.of(AnswerClass.class))
                .as(Step.Ask::new);
        Arbitrary<Integer> any = Arbitraries.integers().between(0, 99);
        return Arbitraries
                .frequencyOf(Tuple.of(8, ask), Tuple.of(4, any.map(Step.End::new)),
                        Tuple.of(2, any.map(Step.Cancel::new)),
                        Tuple.of(1, Arbitraries.integers().between(0, 2).map(Step.TakeOver::new)),
                        Tuple.of(2, any.map(Step.PutBack::new)),
                        Tuple.of(1, Arbitraries.integers().between(1, RUNNING).map(Step.Bear::new)),
                        Tuple.of(1, Arbitraries.of(Readiness.class).map(Step.Become::new)),
                        Tuple.of(1, Arbitraries.integers().between(1, 40).map(Step.Wait::new)))
                .list()
                .ofMaxSize(120);
    }

    /** One that waits: in which line, since when, and who else of that line has started something meanwhile. */
    private record Waiter(AnswerTicket ticket, AnswerClass line, long since, Set<String> passedBy) {

        Waiter in(AnswerClass other) {
            return new Waiter(ticket, other, since, new HashSet<>());
        }
    }

    /** A queue, and what is known of it from outside. */
    private static final class Run {

        private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        private Readiness readiness = Readiness.READY;
        private int bearable = RUNNING;
        private final AnswerQueue queue = new AnswerQueue(
                new AnswerQueue.Limits(RUNNING, WAITING, PER_USER, PATIENCE), model -> readiness, clock);

        /** Of each user, and line, in the order in which they are to start. */
        private final Map<String, Waiter> waiting = new LinkedHashMap<>();
        private final Map<String, AnswerTicket> running = new LinkedHashMap<>();
        /** As they were before they did. */
        private final Map<String, Waiter> started = new HashMap<>();
        private final Set<String> over = new HashSet<>();
        private long turns;
        private int asked;

        void take(Step step) {
            switch (step) {
                case Step.Ask(int user, AnswerClass answerClass) -> ask("user" + user, answerClass);
                case Step.TakeOver(int dialog) -> takeOver(dialog);
                case Step.Cancel(int which) -> nth(waiting.values(), which).ifPresent(this::cancel);
                case Step.End(int which) -> nth(running.values(), which).ifPresent(this::end);
                case Step.PutBack(int which) -> nth(running.values(), which).ifPresent(this::putBack);
                case Step.Bear(int atOnce) -> {
                    bearable = atOnce;
                    queue.bear(atOnce);
                }
                case Step.Become(Readiness now) -> readiness = now;
                case Step.Wait(int seconds) -> {
                    clock.advanceTimeBy(Duration.ofSeconds(seconds));
                    queue.tidy();
                    age();
                }
            }
        }

        private void ask(String user, AnswerClass answerClass) {
            String id = "request" + asked++;
            long own = open(user);
            boolean promised = queue.promise(id, user, MODEL, null).isEmpty();
            assertThat(promised).isEqualTo(own < PER_USER && (waiting.size() < WAITING
                    || (running.size() < bearable && readiness == Readiness.READY)));
            if (promised) {
                AnswerTicket ticket = new AnswerTicket(id, asked % 3, 1, turns, MODEL, user, answerClass,
                        Instant.EPOCH);
                queue.add(ticket);
                queue.release(id);
                waiting.put(id, new Waiter(ticket, answerClass, clock.now(TimeUnit.SECONDS), new HashSet<>()));
            }
        }

        private long open(String user) {
            return Stream.concat(waiting.values().stream().map(Waiter::ticket), running.values().stream())
                    .filter(ticket -> ticket.askedBy().equals(user))
                    .count();
        }

        /** What nobody waits for and has waited for long stands at the end of another line now. */
        private void age() {
            long old = clock.now(TimeUnit.SECONDS) - PATIENCE.toSeconds();
            List<Waiter> aged = waiting.values()
                    .stream()
                    .filter(waiter -> waiter.line() == AnswerClass.BATCH && waiter.since() <= old)
                    .toList();
            aged.forEach(waiter -> {
                String id = waiter.ticket().requestId();
                waiting.remove(id);
                waiting.put(id, waiter.in(AnswerClass.INTERACTIVE));
            });
        }

        private void takeOver(int dialog) {
            turns++;
            List<Waiter> outdated = waiting.values()
                    .stream()
                    .filter(waiter -> waiter.ticket().dialogId() == dialog)
                    .toList();
            assertThat(queue.removeOutdated(dialog, turns))
                    .containsExactlyInAnyOrderElementsOf(outdated.stream().map(Waiter::ticket).toList());
            outdated.forEach(this::forget);
        }

        private void cancel(Waiter waiter) {
            AnswerTicket ticket = waiter.ticket();
            assertThat(queue.remove(ticket.requestId(), ticket.dialogId())).contains(ticket);
            assertThat(queue.remove(ticket.requestId(), ticket.dialogId())).isEmpty();
            forget(waiter);
        }

        private void forget(Waiter waiter) {
            waiting.remove(waiter.ticket().requestId());
            over.add(waiter.ticket().requestId());
        }

        /** It is where it was before it started: the first of its user, who is the next. */
        private void putBack(AnswerTicket ticket) {
            queue.putBack(ticket.requestId(), MODEL);
            running.remove(ticket.requestId());
            Waiter was = Objects.requireNonNull(started.get(ticket.requestId()));
            Waiter first = was.in(was.line());
            List<Waiter> others = List.copyOf(waiting.values());
            waiting.clear();
            waiting.put(ticket.requestId(), first);
            others.forEach(other -> {
                other.passedBy().remove(ticket.askedBy());
                waiting.put(other.ticket().requestId(), other);
            });
        }

        private void end(AnswerTicket ticket) {
            queue.ended(ticket.requestId());
            running.remove(ticket.requestId());
            over.add(ticket.requestId());
        }

        void startWhatMay() {
            for (Optional<AnswerQueue.Start> next = queue.next(); next.isPresent(); next = queue.next()) {
                start(next.get().ticket());
            }
        }

        private void start(AnswerTicket ticket) {
            assertThat(over).doesNotContain(ticket.requestId());
            Waiter waiter = waiting.remove(ticket.requestId());
            assertThat(waiter).isNotNull();
            started.put(ticket.requestId(), waiter);
            assertThat(running.put(ticket.requestId(), ticket)).isNull();
            assertThat(readiness).isEqualTo(Readiness.READY);
            assertThat(running.size()).isLessThanOrEqualTo(bearable);
            Set<String> seen = new HashSet<>();
            for (Waiter other : waiting.values()) {
                // Those behind the first of a user wait for that one, and not for a turn.
                if (other.line() != waiter.line() || !seen.add(other.ticket().askedBy())) {
                    continue;
                }
                if (other.ticket().askedBy().equals(ticket.askedBy())) {
                    other.passedBy().clear();
                } else {
                    assertThat(other.passedBy().add(ticket.askedBy()))
                            .as("%s has a second turn while %s waits", ticket, other)
                            .isTrue();
                }
            }
        }

        void check() {
            assertThat(queue.running()).isEqualTo(running.size()).isLessThanOrEqualTo(RUNNING);
            assertThat(queue.waiting()).isEqualTo(waiting.size());
            assertThat(waiting.isEmpty() || running.size() >= bearable || readiness != Readiness.READY)
                    .as("no slot is idle while somebody waits")
                    .isTrue();
        }

        void letAllEnd() {
            readiness = Readiness.READY;
            queue.bear(RUNNING);
            bearable = RUNNING;
            startWhatMay();
            while (!running.isEmpty()) {
                List.copyOf(running.values()).forEach(this::end);
                startWhatMay();
                check();
            }
            assertThat(waiting).isEmpty();
            for (int user = 0; user <= 5; user++) {
                assertThat(queue.promise("last" + user, "user" + user, MODEL, null)).isEmpty();
            }
        }

        private static <T> Optional<T> nth(Collection<T> all, int which) {
            return all.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(all).get(which % all.size()));
        }
    }
}
