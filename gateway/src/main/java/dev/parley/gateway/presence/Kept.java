package dev.parley.gateway.presence;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Where marks and times of presence outlive the process. */
interface Kept {

    /** What is kept of one person in one dialog. */
    record Row(long dialogId, Person person, @Nullable String name, Mark delivered, Mark read,
            @Nullable Instant lastSeen) {}

    /** @param lastSeq of the dialog's newest message */
    record Rows(long lastSeq, List<Row> rows) {}

    /** All that is kept of a dialog. */
    Mono<Rows> read(long dialogId);

    /** Keeps the rows, each of another person or dialog. Whatever was kept before, no mark and no time goes back. */
    Mono<Void> write(List<Row> rows);
}
