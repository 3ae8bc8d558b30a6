package dev.parley.gateway.settings;

import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.bind.validation.ValidationErrors;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.util.ReflectionUtils;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;

/**
 * Has a setting with a wrong value reported in one line: its name, its value unless that is a secret, and what is allowed.
 * Found through {@code META-INF/spring.factories}.
 */
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
final class WrongValueAnalyzer extends AbstractFailureAnalyzer<BindException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
        String said = cause.getCause() instanceof BindValidationException invalid
                ? invalid(cause.getTarget().getType(), invalid.getValidationErrors())
                : unreadable(cause);
        return new FailureAnalysis(said, null, cause);
    }

    private static String unreadable(BindException failure) {
        String message = firstLine(failure);
        // Who checks values in a constructor names the setting, and may say more than the type does.
        if (message.startsWith("parley.")) {
            return message;
        }
        ConfigurationProperty property = failure.getProperty();
        if (property == null) {
            return failure.getName() + " cannot be used: " + message;
        }
        return wrong(property.getName().toString(), property.getValue(),
                " (allowed: " + AllowedValues.of(failure.getTarget().getType().resolve()) + ")", property.getOrigin());
    }

    private static String invalid(ResolvableType type, ValidationErrors errors) {
        return errors.getAllErrors().stream().map(error -> invalid(type, error, errors)).distinct()
                .collect(Collectors.joining("; "));
    }

    private static String invalid(ResolvableType type, ObjectError error, ValidationErrors errors) {
        if (!(error instanceof FieldError field)) {
            return errors.getName() + " cannot be used: " + error.getDefaultMessage();
        }
        String name = errors.getName() + "." + Stream.of(field.getField().split("\\.", -1))
                .map(DataObjectPropertyName::toDashedForm).collect(Collectors.joining("."));
        Optional<ConfigurationProperty> bound = errors.getBoundProperties().stream()
                .filter(property -> property.getName().toString().equals(name)).findFirst();
        String allowed = AllowedValues.of(constraints(type, field.getField())).map(words -> " (allowed: " + words + ")")
                .orElse(": " + field.getDefaultMessage());
        return wrong(name, bound.map(ConfigurationProperty::getValue).orElse(field.getRejectedValue()), allowed,
                bound.map(ConfigurationProperty::getOrigin).orElse(null));
    }

    /** All constraints of a setting, for the one that is broken may be one bound of two. */
    private static List<Annotation> constraints(ResolvableType type, String path) {
        ResolvableType owner = type;
        List<Annotation> constraints = List.of();
        for (String step : path.split("\\.", -1)) {
            Class<?> holder = owner.resolve();
            Field field = holder == null ? null : ReflectionUtils.findField(holder, step.replaceFirst("\\[.*", ""));
            if (field == null) {
                return List.of();
            }
            constraints = List.of(field.getAnnotations());
            owner = ResolvableType.forField(field);
            owner = step.contains("[") ? owner.getGeneric(owner.getGenerics().length - 1) : owner;
        }
        return constraints;
    }

    private static String wrong(String name, @Nullable Object value, String allowed, @Nullable Origin origin) {
        Origin source = origin;
        while (source instanceof PropertySourceOrigin wrapper) {
            source = wrapper.getOrigin();
        }
        String from = source instanceof SystemEnvironmentOrigin variable
                ? "; it comes from " + variable.getProperty()
                : "";
        return name + " is " + shown(name, value) + allowed + from;
    }

    private static String shown(String name, @Nullable Object value) {
        if (name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)
                .matches(".*(password|secret|token|key).*")) {
            return "wrong";
        }
        String text = value == null
                ? ""
                : value.toString().replaceAll("//[^@/]*@", "//***@").replaceAll("\\s+", " ").strip();
        return text.isEmpty() ? "empty" : text;
    }

    private static String firstLine(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
    }
}
