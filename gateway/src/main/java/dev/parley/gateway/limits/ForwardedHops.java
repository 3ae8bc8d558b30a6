package dev.parley.gateway.limits;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * On whose behalf proxies say that they speak: {@code X-Forwarded-For}, or {@code Forwarded} (RFC 7239). Each proxy adds
 * its client at the right, so what stands further left was only heard of.
 */
record ForwardedHops(List<String> nearestFirst) {

    private static final Pattern FOR = Pattern.compile("(?:^|;)\\s*for\\s*=\\s*([^;]*)", Pattern.CASE_INSENSITIVE);
    private static final Pattern IPV4_AND_PORT = Pattern.compile("([0-9.]+)(?::\\d+)?");
    private static final Pattern IPV6_AND_PORT = Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::\\d+)?");

    static ForwardedHops xForwardedFor(HttpHeaders headers) {
        return of(headers, "X-Forwarded-For");
    }

    static ForwardedHops forwarded(HttpHeaders headers) {
        return new ForwardedHops(of(headers, "Forwarded").nearestFirst.stream().map(ForwardedHops::client).toList());
    }

    /** Split at every comma, also within quotes: no address has one, and a quote left open must not hide what follows. */
    private static ForwardedHops of(HttpHeaders headers, String name) {
        return new ForwardedHops(headers.getOrEmpty(name)
                .stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .toList()
                .reversed());
    }

    private static String client(String element) {
        Matcher matcher = FOR.matcher(element);
        return matcher.find() ? matcher.group(1).strip() : "";
    }

    boolean isEmpty() {
        return nearestFirst.isEmpty();
    }

    /** The address of a hop, or nothing where it does not say one: {@code unknown}, a made-up name, or nonsense. */
    static @Nullable InetAddress address(String hop) {
        String text = hop.startsWith("\"") && hop.endsWith("\"") && hop.length() > 1
                ? hop.substring(1, hop.length() - 1)
                : hop;
        Matcher six = IPV6_AND_PORT.matcher(text);
        Matcher four = IPV4_AND_PORT.matcher(text);
        try {
            return InetAddress.ofLiteral(six.matches() ? six.group(1) : four.matches() ? four.group(1) : text);
        } catch (IllegalArgumentException nonsense) {
            return null;
        }
    }
}
