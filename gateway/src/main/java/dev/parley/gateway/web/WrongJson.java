package dev.parley.gateway.web;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.MismatchedInputException;

/** Says in plain words what is wrong with a piece of JSON, naming the field. Nothing of Jackson's own texts gets out. */
public final class WrongJson {

    private WrongJson() {}

    /**
     * The problem to answer with. A {@code BAD_REQUEST} that the target record's own constructor threw keeps its detail.
     *
     * @param problem {@code BAD_REQUEST} for bodies, {@code BAD_FRAME} for frames
     */
    public static ProblemException explain(Problem problem, JacksonException wrong) {
        if (wrong.getCause() instanceof ProblemException own && own.problem() == Problem.BAD_REQUEST) {
            return new ProblemException(problem, own.detail(), null);
        }
        return problem.with(switch (wrong) {
            case InputCoercionException number -> field(number) + ": expected " + nameOf(number.getTargetType());
            case StreamConstraintsException _ ->
                "The JSON is nested too deeply, or holds a number or a name that is too long";
            case StreamReadException malformed -> "This is no JSON: " + place(malformed);
            case MismatchedInputException mismatch ->
                field(mismatch) + ": expected " + nameOf(mismatch.getTargetType());
            default -> field(wrong) + ": not understood";
        });
    }

    private static String place(StreamReadException malformed) {
        var location = malformed.getLocation();
        return location == null
                ? "it ends too early"
                : "look at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    /** The way to the wrong value, such as {@code roles[1]}. */
    private static String field(JacksonException wrong) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : wrong.getPath()) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return path.isEmpty() ? "The body" : path.toString();
    }

    private static String nameOf(@Nullable Class<?> type) {
        if (type == null) {
            return "another type";
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == double.class || type == Double.class) {
            return "a number";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "a whole number within its range";
        }
        if (type.isEnum()) {
            return "one of " + Arrays.stream(type.getEnumConstants())
                    .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "));
        }
        if (type.isArray() || Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        return type == Instant.class ? "a time such as 2026-01-02T03:04:05.678Z" : "an object";
    }
}
