package dev.parley.gateway.transport;

import dev.parley.gateway.limits.AddressSettings;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Problems;
import dev.parley.gateway.web.RequestHead;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/**
 * Stands before the three carriers: one address may open only so many connections in a minute, and whoever opens more is
 * refused before anything is done for it. Counts whom anybody behind it refuses, too.
 *
 * <p>Of a client that polls only the first poll is a new connection, the one that says no {@code since}; else it would be cut
 * off after its tenth. Whether others are true or pretend to be a client's that is there, nobody knows, so an address has a
 * second, generous limit for all its polls: as many as its new connections of a minute would ask in that minute.
 */
@Component
final class Entrance {

    /** A client asks ten times a second while an answer grows. */
    private static final int POLLS_PER_CONNECTION = 600;

    private final ClientAddresses addresses;
    private final ConnectionStatistics statistics;
    private final RateLimit connections;
    private final RateLimit polls;

    Entrance(ClientAddresses addresses, AddressSettings settings, RateLimits limits, ConnectionStatistics statistics) {
        this.addresses = addresses;
        this.statistics = statistics;
        this.connections = limits.limit("connections", Rate.perMinute(settings.newPerAddressPerMinute()),
                "Too many new connections from your address");
        this.polls = limits.limit("polls", Rate.perMinute(settings.newPerAddressPerMinute() * POLLS_PER_CONNECTION),
                "Too many polls from your address");
    }

    /** The way to an end point that carries dialogs by this transport for as long as a connection is open. */
    WebHandler to(Transport transport, WebHandler endPoint) {
        return exchange -> Mono.defer(() -> {
            Optional<Transport> from = fallbackFrom(RequestHead.of(exchange.getRequest()));
            return connections.take(addresses.counted(exchange.getRequest())).then(Mono.defer(() -> {
                from.ifPresent(before -> countFallback(exchange.getResponse(), before, transport));
                return endPoint.handle(exchange);
            }));
        }).doOnError(error -> {
            if (!exchange.getResponse().isCommitted()) {
                refused(transport, error);
            }
        });
    }

    /**
     * The way to what answers a poll, which says {@link #letIn} or {@link #refused} of it.
     *
     * @param address of the client, as limits know it
     */
    Mono<Void> toPoll(RequestHead head, @Nullable String address) {
        return Mono.defer(() -> {
            fallbackFrom(head); // refuses what it does not know, before the poll waits
            Mono<Void> counted = polls.take(address);
            return isEmpty(head.parameter("since")) ? counted.then(connections.take(address)) : counted;
        });
    }

    /** Counts where the client has come from. Only once it was let in: a refused one comes again and says it again. */
    void letIn(RequestHead head, Transport to) {
        fallbackFrom(head).ifPresent(from -> statistics.fellBack(from, to));
    }

    /** Counts a client that is told why it was not let in. */
    void refused(Transport transport, Throwable error) {
        statistics.refused(transport, Problems.of(error).problem());
    }

    private static Optional<Transport> fallbackFrom(RequestHead head) {
        String from = head.parameter("fallback_from");
        return switch (from) {
            case null -> Optional.empty();
            case "" -> Optional.empty();
            case "websocket" -> Optional.of(Transport.WEBSOCKET);
            case "sse" -> Optional.of(Transport.SSE);
            default -> throw Problem.BAD_REQUEST.with("fallback_from: expected websocket or sse");
        };
    }

    /** Only where the client was let in: a refused one comes again and says it again. */
    private void countFallback(ServerHttpResponse response, Transport from, Transport to) {
        response.beforeCommit(() -> Mono.fromRunnable(() -> {
            HttpStatusCode status = response.getStatusCode();
            if (status == null || !status.isError()) {
                statistics.fellBack(from, to);
            }
        }));
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }
}
