package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Who came over a channel last. A client that polls shows the same token for the same dialog again and again, mostly many
 * times in a second, and what was found out about it counts for ten seconds: as long as somebody looks after its right to be
 * here meanwhile, and finds it unbroken.
 */
final class Acquaintance {

    private static final long COUNTS_FOR = Duration.ofSeconds(10).toNanos();

    private volatile @Nullable Known known;

    /** What decides whether somebody is the same. */
    private record Known(String authorization, @Nullable String origin, Audience audience, String dialogId,
            Session session,
            Dialog dialog, Withdrawals.Standing standing, long since) {

        boolean is(Arrival arrival) {
            HttpHeaders headers = arrival.head().headers();
            return authorization.equals(headers.getFirst(HttpHeaders.AUTHORIZATION)) && audience == arrival.audience()
                    && dialogId.equals(arrival.dialogId())
                    && (origin == null ? headers.getOrigin() == null : origin.equals(headers.getOrigin()));
        }

        boolean counts() {
            return System.nanoTime() - since < COUNTS_FOR && standing.isGood()
                    && System.currentTimeMillis() < session.expiresAt().toEpochMilli();
        }
    }

    /** The one that asks for this now, with the dialog as it was when access to it was checked; absent: has to be looked at. */
    Admission.@Nullable Checked of(Arrival arrival) {
        Known last = known;
        return last != null && last.is(arrival) && last.counts()
                ? new Admission.Checked(last.session(), last.dialog())
                : null;
    }

    /** @param standing of the one who was checked */
    void remember(Arrival arrival, Admission.Checked checked, Withdrawals.Standing standing) {
        HttpHeaders headers = arrival.head().headers();
        String authorization = headers.getFirst(HttpHeaders.AUTHORIZATION);
        if (authorization != null) {
            known = new Known(authorization, headers.getOrigin(), arrival.audience(), arrival.dialogId(),
                    checked.session(), checked.dialog(), standing, System.nanoTime());
        }
    }
}
