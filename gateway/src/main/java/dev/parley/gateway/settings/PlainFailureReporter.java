package dev.parley.gateway.settings;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;

/**
 * Says why the gateway does not start, in one line where the analysis is one. Spring Boot's own reporter, which needs
 * fourteen, is off in {@code application.yaml}. Found through {@code META-INF/spring.factories}.
 */
final class PlainFailureReporter implements FailureAnalysisReporter {

    private static final Logger log = LoggerFactory.getLogger("dev.parley.gateway.Parley");

    @Override
    public void report(FailureAnalysis analysis) {
        String action = analysis.getAction();
        log.error("Parley cannot start: {}{}", analysis.getDescription(),
                action == null || action.isBlank() ? "" : System.lineSeparator() + action);
        log.debug("The failure in full", analysis.getCause());
    }
}
