package dev.parley.gateway.transport;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.answer.AnswerStatus;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.model.BackendStatus;
import java.util.List;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /api/ai/status}: how the assistants do. Visitors see how busy they are, and no more. */
@Component
final class AnswerStatusHandler {

    private final Authenticator authenticator;
    private final Answers answers;
    private final RateLimit requests;

    AnswerStatusHandler(Authenticator authenticator, Answers answers, RequestSettings settings, RateLimits limits) {
        this.authenticator = authenticator;
        this.answers = answers;
        this.requests = settings.limit(limits);
    }

    private record ForVisitors(int processing, int queued, int maxConcurrent, int effectiveConcurrent) {}

    private record ForOperators(int processing, int queued, int maxConcurrent, int effectiveConcurrent, long completed,
            long failed, long cancelled, long timedOut, double successRate, long averageMs, int peakConcurrent,
            List<BackendStatus> backends, boolean fallbackActive, boolean degraded) {}

    Mono<ServerResponse> read(ServerRequest request) {
        return authenticator.authenticate(request.exchange().getRequest())
                .map(Session::caller)
                .delayUntil(caller -> requests.take(caller.key()))
                .flatMap(caller -> ServerResponse.ok().bodyValue(view(answers.status(), caller)));
    }

    private static Object view(AnswerStatus status, Caller caller) {
        return caller instanceof Caller.Operator
                ? new ForOperators(status.processing(), status.queued(), status.maxConcurrent(),
                        status.effectiveConcurrent(), status.completed(), status.failed(), status.cancelled(),
                        status.timedOut(), status.successRate(), status.averageMillis(), status.peakConcurrent(),
                        status.backends(), status.fallback(), status.degraded())
                : new ForVisitors(status.processing(), status.queued(), status.maxConcurrent(),
                        status.effectiveConcurrent());
    }
}
