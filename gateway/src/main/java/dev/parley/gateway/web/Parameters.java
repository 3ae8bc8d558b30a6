package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;

/** Reads path variables and query parameters. */
public final class Parameters {

    private Parameters() {}

    /** An id of ours from the path. What is no positive number names nothing: {@code not_found}. */
    public static long pathId(ServerRequest request, String variable) {
        return id(request.pathVariable(variable));
    }

    /** As {@link #pathId}, of what was in the path. */
    public static long id(String text) {
        OptionalLong id = number(text);
        if (id.isEmpty() || id.getAsLong() <= 0) {
            throw Problem.NOT_FOUND.exception();
        }
        return id.getAsLong();
    }

    /** A whole number from the query, {@code whenAbsent} without one; {@code bad_request} outside of its bounds. */
    public static int integer(ServerRequest request, String name, int whenAbsent, int min, int max) {
        return Math.toIntExact(longInteger(request, name, whenAbsent, min, max));
    }

    /** As {@link #integer}, for seqs and ids. */
    public static long longInteger(ServerRequest request, String name, long whenAbsent, long min, long max) {
        String given = request.queryParam(name).orElse("");
        if (given.isEmpty()) {
            return whenAbsent;
        }
        OptionalLong number = number(given);
        if (number.isEmpty() || number.getAsLong() < min || number.getAsLong() > max) {
            throw Fields.wrong(name, "expected a whole number from " + min + " to " + max);
        }
        return number.getAsLong();
    }

    /** Whether a parameter says yes; absent or empty, it does not. {@code bad_request} where it says anything else. */
    public static boolean flag(String name, @Nullable String given) {
        return switch (given) {
            case null -> false;
            case "true" -> true;
            case "false", "" -> false;
            default -> throw Fields.wrong(name, "expected true or false");
        };
    }

    private static OptionalLong number(String text) {
        try {
            // Long.parseLong alone takes a plus sign and digits of all alphabets, too.
            return isOfDigits(text) ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
        } catch (NumberFormatException tooLong) {
            return OptionalLong.empty();
        }
    }

    private static boolean isOfDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '-' && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }
}
