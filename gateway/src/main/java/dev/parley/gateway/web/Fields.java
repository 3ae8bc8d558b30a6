package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Checks of single values that clients send. Each throws {@code bad_request} with a detail that names the field. */
public final class Fields {

    private Fields() {}

    /** The value, which must be there. */
    public static <T> T required(String field, @Nullable T value) {
        if (value == null) {
            throw wrong(field, "is needed");
        }
        return value;
    }

    /** The checked value, or nothing where nothing was given: for changes, which leave out what stays. */
    public static <T> @Nullable T ifGiven(@Nullable T value, UnaryOperator<T> check) {
        return value == null ? null : check.apply(value);
    }

    /** Text of one line: stripped, without control characters. */
    public static String line(String field, @Nullable String value, int min, int max) {
        String line = required(field, value).strip();
        if (line.codePoints().anyMatch(Character::isISOControl)) {
            throw wrong(field, "may not hold control characters");
        }
        return bounded(field, line, min, max);
    }

    /** Text of any number of lines. The character U+0000, which PostgreSQL cannot store, is refused. */
    public static String text(String field, @Nullable String value, int min, int max) {
        String text = required(field, value);
        if (text.indexOf('\0') >= 0) {
            throw wrong(field, "may not hold the character U+0000");
        }
        return bounded(field, text, min, max);
    }

    /** An id of ours: a positive number. */
    public static long id(String field, @Nullable Long value) {
        long id = required(field, value);
        if (id <= 0) {
            throw wrong(field, "expected a positive number");
        }
        return id;
    }

    public static ProblemException wrong(String field, String why) {
        return Problem.BAD_REQUEST.with(field + ": " + why);
    }

    private static String bounded(String field, String value, int min, int max) {
        if (value.length() < min || value.length() > max) {
            throw wrong(field, value.length() + " characters (expected: " + min + " to " + max + ")");
        }
        return value;
    }
}
