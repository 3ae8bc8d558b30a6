package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Readiness;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

/**
 * What the queue itself costs while ten thousand answers wait, each user with one or with three: to be admitted and told one's
 * place, to start and end, to be cancelled, and to tell all their places anew. Prints microseconds for each of them, the
 * median of the rounds [smallest-largest]; it asserts nothing.
 */
class AnswerQueueBenchmark {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");

    private static final int WAITING = Integer.getInteger("waiting", 10_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 40);
    private static final int WARM_UP = 60;

    @Test
    void measure() {
        System.out.println("us for each, %d waiting".formatted(WAITING));
        for (int each : List.of(1, 3)) {
            measure(each);
        }
    }

    private static void measure(int ofEachUser) {
        double[][] rounds = new double[ROUNDS][];
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            double[] figures = round(ofEachUser);
            if (round >= 0) {
                rounds[round] = figures;
            }
        }
        List<String> names = List.of("admit", "tell places", "cancel", "start and end");
        for (int i = 0; i < names.size(); i++) {
            int figure = i;
            double[] sorted = Arrays.stream(rounds).mapToDouble(figures -> figures[figure]).sorted().toArray();
            System.out.println("%d a user, %s: %.2f [%.2f-%.2f]".formatted(ofEachUser, names.get(i),
                    sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]));
        }
    }

    private static double[] round(int ofEachUser) {
        AnswerQueue queue = new AnswerQueue(new AnswerQueue.Limits(5, WAITING, ofEachUser, Duration.ofMinutes(1)),
                model -> Readiness.READY, Schedulers.immediate());
        List<AnswerTicket> tickets = tickets(ofEachUser);
        int cancelled = WAITING / 2;
        return new double[]{micros(() -> tickets.forEach(ticket -> admit(queue, ticket)), WAITING),
                micros(queue::newPlaces, WAITING),
                micros(() -> tickets.subList(0, cancelled).forEach(
                        ticket -> queue.remove(ticket.requestId(), ticket.dialogId())), cancelled),
                micros(() -> runAll(queue), WAITING - cancelled)};
    }

    private static List<AnswerTicket> tickets(int ofEachUser) {
        List<AnswerTicket> tickets = new ArrayList<>(WAITING);
        for (int i = 0; i < WAITING; i++) {
            tickets.add(
                    new AnswerTicket("request" + i, i, 1, 0, MODEL, "user" + i / ofEachUser, AnswerClass.INTERACTIVE,
                            Instant.EPOCH));
        }
        Collections.shuffle(tickets, new Random(1));
        return tickets;
    }

    private static void admit(AnswerQueue queue, AnswerTicket ticket) {
        if (queue.promise(ticket.requestId(), ticket.askedBy(), MODEL, null).isPresent()) {
            throw new IllegalStateException("refused: " + ticket);
        }
        queue.add(ticket);
        queue.position(ticket.requestId());
        queue.release(ticket.requestId());
        queue.newPlace(ticket.requestId());
    }

    private static void runAll(AnswerQueue queue) {
        List<String> running = new ArrayList<>();
        do {
            running.forEach(queue::ended);
            running.clear();
            for (Optional<AnswerQueue.Start> next = queue.next(); next.isPresent(); next = queue.next()) {
                running.add(next.get().ticket().requestId());
            }
        } while (!running.isEmpty());
    }

    private static double micros(Runnable work, int count) {
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) / 1e3 / count;
    }
}
