package dev.parley.gateway.limits;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.support.Netty4HeadersAdapter;
import org.springframework.stereotype.Component;
import reactor.netty.http.server.HttpServerRequest;

/** Says from which address a request comes, through the proxies of the house, and through no others. */
@Component
public final class ClientAddresses {

    private static final int IPV6_NETWORK_BYTES = 8;

    private final Networks trusted;
    private final Networks exempt;

    public ClientAddresses(AddressSettings settings) {
        this.trusted = settings.trusted();
        this.exempt = settings.exempt();
    }

    /** The client's address, or nothing where it has none, as on a Unix socket. */
    public @Nullable InetAddress of(ServerHttpRequest request) {
        // The socket's own: the address that Spring shows may be one that the client has made up.
        HttpServerRequest below = ServerHttpRequestDecorator.getNativeRequest(request);
        return of(below.connectionRemoteAddress(), below.requestHeaders());
    }

    private @Nullable InetAddress of(@Nullable SocketAddress peer, io.netty.handler.codec.http.HttpHeaders headers) {
        if (!(peer instanceof InetSocketAddress socket) || socket.getAddress() == null) {
            return null;
        }
        InetAddress address = socket.getAddress();
        return trusted.contains(address) ? of(address, new HttpHeaders(new Netty4HeadersAdapter(headers))) : address;
    }

    /**
     * A trusted proxy is asked on whose behalf it speaks, and so on, until somebody is not trusted or does not say. Where
     * both headers are there they have to agree: a proxy that writes one of them passes on what a client invented in the
     * other. Where they do not, the proxy's own address stands for its client, so all who lie share one.
     */
    InetAddress of(InetAddress peer, HttpHeaders headers) {
        if (!trusted.contains(peer)) {
            return peer;
        }
        ForwardedHops common = ForwardedHops.xForwardedFor(headers);
        ForwardedHops standard = ForwardedHops.forwarded(headers);
        if (common.isEmpty() || standard.isEmpty()) {
            return common.isEmpty() ? walk(peer, standard) : walk(peer, common);
        }
        InetAddress client = walk(peer, common);
        return client.equals(walk(peer, standard)) ? client : peer;
    }

    private InetAddress walk(InetAddress peer, ForwardedHops hops) {
        InetAddress nearest = peer;
        for (String hop : hops.nearestFirst()) {
            InetAddress next = trusted.contains(nearest) ? ForwardedHops.address(hop) : null;
            if (next == null) {
                return nearest;
            }
            nearest = next;
        }
        return nearest;
    }

    /** Whether limits by address do not hold this one. */
    public boolean isExempt(@Nullable InetAddress address) {
        return address != null && exempt.contains(address);
    }

    /** What limits by address know the one by whom this was asked; absent: they do not hold it. */
    public @Nullable String counted(ServerHttpRequest request) {
        return counted(of(request));
    }

    /**
     * As {@link #counted(ServerHttpRequest)}.
     *
     * @param peer the other end of the socket
     */
    public @Nullable String counted(@Nullable SocketAddress peer, io.netty.handler.codec.http.HttpHeaders headers) {
        return counted(of(peer, headers));
    }

    private @Nullable String counted(@Nullable InetAddress address) {
        return isExempt(address) ? null : group(address);
    }

    /** What limits know an address by. Whoever has one IPv6 address has the whole /64 around it. */
    public static String group(@Nullable InetAddress address) {
        return switch (address) {
            case null -> "unknown";
            case Inet6Address six -> HexFormat.of().formatHex(six.getAddress(), 0, IPV6_NETWORK_BYTES);
            default -> address.getHostAddress();
        };
    }
}
