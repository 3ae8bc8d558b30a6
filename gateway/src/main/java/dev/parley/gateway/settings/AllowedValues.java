package dev.parley.gateway.settings;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.lang.annotation.Annotation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hibernate.validator.constraints.Range;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** Says in words for people what a setting may be. */
final class AllowedValues {

    private AllowedValues() {}

    /** What a text must look like to become a value of this type. */
    static String of(@Nullable Class<?> type) {
        if (type == null) {
            return "another value";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants()).map(value -> value.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "));
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (Stream.of(int.class, Integer.class, long.class, Long.class, short.class, Short.class)
                .anyMatch(type::equals)) {
            return "a whole number";
        }
        if (type == double.class || type == Double.class || type == float.class || type == Float.class) {
            return "a number";
        }
        if (type == Duration.class) {
            return "a duration such as 500ms, 30s or 10m";
        }
        if (type == DataSize.class) {
            return "a size such as 2048B, 64KB or 1MB";
        }
        return type == Path.class ? "a path" : "a " + type.getSimpleName();
    }

    /** What the constraints of a setting leave, or nothing where they are of a kind that is not known here. */
    static Optional<String> of(List<Annotation> constraints) {
        Optional<String> low = first(constraints, AllowedValues::low);
        Optional<String> high = first(constraints, AllowedValues::high);
        if (low.isPresent() && high.isPresent()) {
            return Optional.of(low.get() + " to " + high.get());
        }
        return low.map(value -> "at least " + value).or(() -> high.map(value -> "at most " + value))
                .or(() -> first(constraints, AllowedValues::form));
    }

    private static @Nullable String low(Annotation constraint) {
        return switch (constraint) {
            case Range range when range.min() != 0 || range.max() != Long.MAX_VALUE -> Long.toString(range.min());
            case Min min -> Long.toString(min.value());
            case Positive positive -> "1";
            case PositiveOrZero positive -> "0";
            case DurationMin min -> text(Duration.ofDays(min.days()).plusHours(min.hours()).plusMinutes(min.minutes())
                    .plusSeconds(min.seconds()).plusMillis(min.millis()).plusNanos(min.nanos()));
            default -> null;
        };
    }

    private static @Nullable String high(Annotation constraint) {
        return switch (constraint) {
            case Range range when range.max() != Long.MAX_VALUE -> Long.toString(range.max());
            case Max max -> Long.toString(max.value());
            case DurationMax max -> text(Duration.ofDays(max.days()).plusHours(max.hours()).plusMinutes(max.minutes())
                    .plusSeconds(max.seconds()).plusMillis(max.millis()).plusNanos(max.nanos()));
            default -> null;
        };
    }

    private static @Nullable String form(Annotation constraint) {
        return switch (constraint) {
            case NotBlank any -> "not empty";
            case NotEmpty any -> "not empty";
            case NotNull any -> "not empty";
            case Size size when size.max() == Integer.MAX_VALUE -> "a length of at least " + size.min();
            case Size size -> "a length of " + size.min() + " to " + size.max();
            case Pattern pattern -> "what matches " + pattern.regexp();
            default -> null;
        };
    }

    /** As one would write it in a file. */
    private static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0 || millis % 1_000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1_000;
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    private static Optional<String> first(List<Annotation> constraints,
            java.util.function.Function<Annotation, @Nullable String> part) {
        return constraints.stream().flatMap(constraint -> Stream.ofNullable(part.apply(constraint))).findFirst();
    }
}
