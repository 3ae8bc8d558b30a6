package dev.parley.gateway.transport;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.answer.AnswerStatus;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.database.NodeQuestions;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.model.BackendStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /api/ai/status}: how the assistants do on all nodes. Visitors see how busy they are, and no more. */
@Component
final class AnswerStatusHandler implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(AnswerStatusHandler.class);

    private static final String QUESTION = "answers";

    /** Visitors may ask often, and other nodes are not to be asked as often as that. */
    private static final Duration STILL_TRUE = Duration.ofSeconds(1);

    private final Authenticator authenticator;
    private final Answers answers;
    private final RateLimit requests;
    private final ThisNode node;
    private final NodeQuestions nodes;
    private final Mono<Map<Long, Optional<AnswerStatus>>> others;

    AnswerStatusHandler(Authenticator authenticator, Answers answers, RequestSettings settings, RateLimits limits,
            ThisNode node, ObjectProvider<NodeQuestions> nodes) {
        this.authenticator = authenticator;
        this.answers = answers;
        this.requests = settings.limit(limits);
        this.node = node;
        this.nodes = nodes.getIfAvailable(() -> NodeQuestions.ALONE);
        this.others = Mono.defer(() -> this.nodes.ask(QUESTION, AnswerStatus.class))
                .onErrorResume(error -> {
                    log.debug("It is not known which other nodes there are", error);
                    return Mono.just(Map.of());
                })
                .cache(STILL_TRUE);
    }

    @Override
    public void afterPropertiesSet() {
        nodes.serve(QUESTION, answers::status);
    }

    private record ForVisitors(int processing, int queued, int maxConcurrent, int effectiveConcurrent) {}

    /** @param nodes a part for each node, this one first; absent in such a part */
    private record ForOperators(int processing, int queued, int maxConcurrent, int effectiveConcurrent, long completed,
            long failed, long cancelled, long timedOut, double successRate, long averageMs, int peakConcurrent,
            List<BackendStatus> backends, boolean fallbackActive, boolean degraded, @Nullable List<Part> nodes) {}

    /** @param node as text, for its numbers are too large for JavaScript; {@code status} is absent where it does not answer */
    private record Part(String node, boolean answering, @Nullable ForOperators status) {}

    Mono<ServerResponse> read(ServerRequest request) {
        return authenticator.authenticate(request.exchange().getRequest())
                .map(Session::caller)
                .delayUntil(caller -> requests.take(caller.key()))
                .flatMap(caller -> others
                        .flatMap(said -> ServerResponse.ok().bodyValue(view(answers.status(), said, caller))));
    }

    private Object view(AnswerStatus own, Map<Long, Optional<AnswerStatus>> others, Caller caller) {
        AnswerStatus all = others.values().stream().flatMap(Optional::stream).reduce(own, AnswerStatus::plus);
        if (!(caller instanceof Caller.Operator)) {
            return new ForVisitors(all.processing(), all.queued(), all.maxConcurrent(), all.effectiveConcurrent());
        }
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(Long.toString(node.id()), true, forOperators(own, null)));
        others.forEach((other, said) -> parts.add(new Part(Long.toString(other), said.isPresent(),
                said.map(status -> forOperators(status, null)).orElse(null))));
        return forOperators(all, parts);
    }

    private static ForOperators forOperators(AnswerStatus of, @Nullable List<Part> parts) {
        return new ForOperators(of.processing(), of.queued(), of.maxConcurrent(), of.effectiveConcurrent(),
                of.completed(), of.failed(), of.cancelled(), of.timedOut(), of.successRate(), of.averageMillis(),
                of.peakConcurrent(), of.backends(), of.fallback(), of.degraded(), parts);
    }
}
