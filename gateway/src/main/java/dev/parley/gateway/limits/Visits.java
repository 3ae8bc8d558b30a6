package dev.parley.gateway.limits;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Holds those whom nobody knows yet, by their address: who may come as somebody new each time is held by no limit of users.
 * One address may open so many dialogs in a minute. Coming back to one's dialog and asking for a fresh token have a limit,
 * too, but a far larger one, since many people may share an address.
 */
@Component
public final class Visits {

    private static final int ATTEMPTS_PER_DIALOG = 10;

    private final ClientAddresses addresses;
    private final RateLimit opened;
    private final RateLimit attempts;

    Visits(ClientAddresses addresses, VisitSettings settings, RateLimits limits) {
        this.addresses = addresses;
        int dialogs = settings.openedPerAddressPerMinute();
        this.opened = limits.limit("dialogs", Rate.perMinute(dialogs), "Too many new dialogs from your address");
        this.attempts = limits.limit("visits", Rate.perMinute(dialogs * ATTEMPTS_PER_DIALOG),
                "Too many visits from your address");
    }

    /** Counts somebody who comes back. Fails as {@link RateLimit#take}. */
    public Mono<Void> comeBack(ServerHttpRequest request) {
        return Mono.defer(() -> attempts.take(addresses.counted(request)));
    }

    /**
     * Opens a dialog where the client's address may do so. Fails as {@link RateLimit#take}.
     *
     * @param isNew whether it was not there before
     */
    public <T> Mono<T> open(ServerHttpRequest request, Mono<T> opening, Predicate<T> isNew) {
        return Mono.defer(() -> open(addresses.counted(request), opening, isNew));
    }

    <T> Mono<T> open(@Nullable String address, Mono<T> opening, Predicate<T> isNew) {
        return attempts.take(address).then(opened.count(address, opening, isNew));
    }
}
