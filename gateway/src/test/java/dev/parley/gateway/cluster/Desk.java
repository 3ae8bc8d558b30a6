package dev.parley.gateway.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * An operator who takes dialogs over and gives them back, on any node, and asks again until it is told what came of it. For one
 * thread.
 */
final class Desk {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int LONGEST_STAY_MILLIS = 500;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;
    private final long operator;
    private final String token;
    private final History history;

    Desk(String address, long operator, String token, History history) {
        this.address = address;
        this.operator = operator;
        this.token = token;
        this.history = history;
    }

    /** Takes over one of these dialogs after the other until it is enough, and leaves none of them behind. */
    void work(List<Long> dialogs, Random random, BooleanSupplier enough) {
        while (!enough.getAsBoolean()) {
            long dialog = dialogs.get(random.nextInt(dialogs.size()));
            takeOver(dialog);
            pause(random);
            giveBack(dialog);
            pause(random);
        }
    }

    private static void pause(Random random) {
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(LONGEST_STAY_MILLIS)).toNanos());
    }

    /** Whether it has the dialog now; if not, somebody else has. */
    boolean takeOver(long dialog) {
        return change(dialog, true);
    }

    void giveBack(long dialog) {
        change(dialog, false);
    }

    private boolean change(long dialog, boolean takeover) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        history.turnWanted(dialog, operator, takeover);
        while (true) {
            int status = request(takeover ? "POST" : "DELETE", dialog);
            if (status == 200 || status == 409) {
                history.turnTold(dialog, operator, takeover, status == 200);
                return status == 200;
            }
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("dialog %d does not change hands: %d".formatted(dialog, status));
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** The status; 0 where there was no answer. */
    int request(String method, long dialog) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/api/dialogs/" + dialog + "/handoff"))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException cutOff) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
