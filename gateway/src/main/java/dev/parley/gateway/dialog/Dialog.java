package dev.parley.gateway.dialog;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One conversation, as it was when it was read.
 *
 * @param siteId given where a site's own user speaks; {@code visitorId} is then the site's id of them
 * @param turn grows whenever somebody else is to speak; what the assistant began in an earlier turn is not taken any more
 * @param lastSeq the seq of the newest message, 0 where there is none
 */
public record Dialog(long id, @Nullable Long assistantId, @Nullable String assistantName, @Nullable Long siteId,
        @Nullable String visitorId,
        @Nullable String visitorName, @Nullable String visitorEmail, @Nullable String pageUrl, Mode mode, Status status,
        boolean needsHuman, @Nullable Assignee assignee, long turn, long lastSeq, Instant createdAt,
        Instant lastActivityAt) {

    /** The same dialog, of which is known that it has come as far as this. */
    public Dialog grownTo(long seq) {
        return seq <= lastSeq
                ? this
                : new Dialog(id, assistantId, assistantName, siteId, visitorId, visitorName, visitorEmail, pageUrl,
                        mode,
                        status, needsHuman, assignee, turn, seq, createdAt, lastActivityAt);
    }

    /** Who answers the visitor. */
    public enum Mode {
        AI, HUMAN;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Mode of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /** Whether anybody may still speak. */
    public enum Status {
        OPEN, CLOSED;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Status of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /** The operator who has taken the dialog over. */
    public record Assignee(long id, String name) {}
}
