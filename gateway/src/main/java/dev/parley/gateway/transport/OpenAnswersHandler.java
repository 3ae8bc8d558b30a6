package dev.parley.gateway.transport;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.answer.OpenAnswer;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.Parameters;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code /api/ai/requests}: what somebody has asked of the model in all dialogs, and has not got yet. */
@Component
final class OpenAnswersHandler {

    private final Authenticator authenticator;
    private final Answers answers;
    private final Dialogs dialogs;
    private final RateLimit requests;

    OpenAnswersHandler(Authenticator authenticator, Answers answers, Dialogs dialogs, RequestSettings settings,
            RateLimits limits) {
        this.authenticator = authenticator;
        this.answers = answers;
        this.dialogs = dialogs;
        this.requests = settings.limit(limits);
    }

    private record Requests(List<Request> requests) {}

    private record Request(String requestId, long dialogId, String state, int position, Instant queuedAt,
            @Nullable Instant startedAt) {

        static Request of(OpenAnswer answer) {
            return new Request(answer.requestId(), answer.dialogId(), answer.startedAt() == null ? "queued" : "running",
                    answer.position(), answer.askedAt(), answer.startedAt());
        }
    }

    private record Cancelled(long cancelled) {}

    /** The caller's own; everybody's for an administrator who asks for them. */
    Mono<ServerResponse> list(ServerRequest request) {
        return caller(request).flatMap(caller -> {
            boolean all = Parameters.flag("all", request.queryParam("all").orElse(null));
            if (all && !isAdministrator(caller)) {
                return Mono.error(Problem.FORBIDDEN.with("all: only administrators see everybody's"));
            }
            return answers.open()
                    .flatMapIterable(found -> found)
                    .filter(answer -> all || answer.askedBy().equals(caller.key()))
                    .map(Request::of)
                    .collectList()
                    .flatMap(mine -> ServerResponse.ok().bodyValue(new Requests(mine)));
        });
    }

    /** The same however often it is asked for. */
    Mono<ServerResponse> cancel(ServerRequest request) {
        String requestId = request.pathVariable("request_id");
        return caller(request).flatMap(caller -> answers.origin(requestId, caller)
                .filterWhen(origin -> mayCancel(caller, origin))
                .switchIfEmpty(Mono.error(() -> Problem.NOT_FOUND.with("There is no such answer")))
                .flatMap(origin -> answers.cancel(origin.dialogId(), requestId, caller))
                .flatMap(was -> ServerResponse.ok().bodyValue(new Cancelled(was ? 1 : 0))));
    }

    Mono<ServerResponse> cancelAll(ServerRequest request) {
        return caller(request).flatMap(caller -> answers.open()
                .flatMapIterable(found -> found)
                .filter(answer -> answer.askedBy().equals(caller.key()))
                .concatMap(answer -> answers.cancel(answer.dialogId(), answer.requestId(), caller))
                .filter(was -> was)
                .count()
                .flatMap(count -> ServerResponse.ok().bodyValue(new Cancelled(count))));
    }

    /** Whoever has asked for it, and the operators of its dialog. */
    private Mono<Boolean> mayCancel(Caller caller, Answers.Origin origin) {
        return origin.own() || !(caller instanceof Caller.Operator)
                ? Mono.just(origin.own())
                : dialogs.find(caller, origin.dialogId())
                        .hasElement()
                        .onErrorResume(ProblemException.class,
                                error -> error.problem() == Problem.NOT_FOUND ? Mono.just(false) : Mono.error(error));
    }

    private static boolean isAdministrator(Caller caller) {
        return caller instanceof Caller.Operator operator && operator.is(Caller.Role.ADMIN);
    }

    private Mono<Caller> caller(ServerRequest request) {
        return authenticator.authenticate(request.exchange().getRequest())
                .map(Session::caller)
                .delayUntil(caller -> requests.take(caller.key()));
    }
}
