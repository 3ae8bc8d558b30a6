package dev.parley.gateway.answer;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An answer that waits or runs.
 *
 * @param askedBy {@link dev.parley.gateway.access.Caller#key()} of who asked
 * @param position 1 = next, 0: it runs
 * @param startedAt absent where it waits
 */
public record OpenAnswer(String requestId, long dialogId, String askedBy, int position, Instant askedAt,
        @Nullable Instant startedAt) {

    /** The same at this place. */
    OpenAnswer at(int place) {
        return new OpenAnswer(requestId, dialogId, askedBy, place, askedAt, startedAt);
    }

    static OpenAnswer waiting(AnswerTicket ticket, int position) {
        return new OpenAnswer(ticket.requestId(), ticket.dialogId(), ticket.askedBy(), position, ticket.askedAt(),
                null);
    }

    static OpenAnswer running(AnswerTicket ticket, Instant since) {
        return new OpenAnswer(ticket.requestId(), ticket.dialogId(), ticket.askedBy(), 0, ticket.askedAt(), since);
    }
}
