package dev.parley.gateway.transport;

import dev.parley.gateway.access.Assistant;
import dev.parley.gateway.access.Assistants;
import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.IssuedToken;
import dev.parley.gateway.access.Origins;
import dev.parley.gateway.access.VisitorTokens;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.dialog.Dialogs.Opened;
import dev.parley.gateway.dialog.Dialogs.Opening;
import dev.parley.gateway.dialog.Inbox;
import dev.parley.gateway.limits.Visits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** How a conversation begins. A visitor who comes for the first time gets the token by which it is known from then on. */
@Component
final class DialogOpening {

    private static final int MAX_NAME = 100;
    private static final int MAX_EMAIL = 254;
    private static final int MAX_URL = 2000;
    private static final int MAX_CLIENT_ID = 128;

    private final Authenticator authenticator;
    private final VisitorTokens visitorTokens;
    private final Assistants assistants;
    private final Origins origins;
    private final Dialogs dialogs;
    private final Inbox inbox;
    private final JsonBodies bodies;
    private final Visits visits;

    DialogOpening(Authenticator authenticator, VisitorTokens visitorTokens, Assistants assistants, Origins origins,
            Dialogs dialogs, Inbox inbox, JsonBodies bodies, Visits visits) {
        this.authenticator = authenticator;
        this.visitorTokens = visitorTokens;
        this.assistants = assistants;
        this.origins = origins;
        this.dialogs = dialogs;
        this.inbox = inbox;
        this.bodies = bodies;
        this.visits = visits;
    }

    private record Body(@Nullable Long assistantId, @Nullable String clientDialogId, @Nullable String name,
            @Nullable String email, @Nullable String pageUrl) {

        Opening opening() {
            return new Opening(line("client_dialog_id", clientDialogId, MAX_CLIENT_ID), line("name", name, MAX_NAME),
                    line("email", email, MAX_EMAIL), line("page_url", pageUrl, MAX_URL));
        }

        private static @Nullable String line(String field, @Nullable String value, int max) {
            return value == null || value.isBlank() ? null : Fields.line(field, value, 1, max);
        }
    }

    private record AssistantView(long id, String name, String greeting) {}

    private record View(long dialogId, @Nullable String visitorToken, @Nullable Instant expiresAt, long seq,
            AssistantView assistant) {}

    /** With a visitor token the same visitor opens another dialog; without one a new visitor comes. */
    Mono<ServerResponse> byVisitor(ServerRequest request) {
        return held(request, bodies.read(request, Body.class).flatMap(body -> {
            Opening opening = body.opening();
            return assistant(Fields.id("assistant_id", body.assistantId())).flatMap(assistant -> {
                origins.check(assistant, request.exchange().getRequest());
                return visitor(request, assistant, opening.name()).flatMap(visitor -> dialogs
                        .open(visitor, assistant.id(), opening)
                        .flatMap(opened -> answer(opened, assistant, visitorTokens.issue(visitor))));
            });
        }));
    }

    /** Only so many new ones of an address, whoever comes from there. */
    private Mono<ServerResponse> held(ServerRequest request, Mono<ServerResponse> opening) {
        return visits.open(request.exchange().getRequest(), opening,
                answer -> answer.statusCode().isSameCodeAs(HttpStatus.CREATED));
    }

    private Mono<Caller.Visitor> visitor(ServerRequest request, Assistant assistant, @Nullable String name) {
        return authenticator.authenticate(Audience.WIDGET, request)
                .map(session -> (Caller.Visitor) session.caller())
                .filter(known -> known.assistantId() == assistant.id())
                .map(known -> new Caller.Visitor(known.id(), known.assistantId(), name == null ? known.name() : name))
                .onErrorResume(ProblemException.class,
                        refused -> refused.problem() == Problem.UNAUTHORIZED ? Mono.empty() : Mono.error(refused))
                .switchIfEmpty(Mono.fromSupplier(() -> visitorTokens.newVisitor(assistant.id(), name)));
    }

    Mono<ServerResponse> bySiteUser(ServerRequest request) {
        return held(request, authenticator.authenticate(Audience.SITE, request)
                .map(session -> (Caller.SiteUser) session.caller())
                .flatMap(user -> bodies.read(request, Body.class).flatMap(body -> {
                    long assistantId = Objects.requireNonNullElse(body.assistantId(), user.assistantId());
                    if (assistantId != user.assistantId()) {
                        return Mono
                                .error(Problem.NOT_FOUND.with("This site has no assistant %d".formatted(assistantId)));
                    }
                    Opening given = body.opening();
                    Opening opening = new Opening(given.clientDialogId(),
                            given.name() == null ? user.name() : given.name(), given.email(), given.pageUrl());
                    return assistant(assistantId).flatMap(assistant -> dialogs.open(user, assistantId, opening)
                            .flatMap(opened -> answer(opened, assistant, null)));
                })));
    }

    private Mono<Assistant> assistant(long id) {
        return assistants.find(id)
                .filter(assistant -> !assistant.disabled())
                .switchIfEmpty(Mono.error(() -> Problem.NOT_FOUND.with("There is no assistant %d".formatted(id))));
    }

    private Mono<ServerResponse> answer(Opened opened, Assistant assistant, @Nullable IssuedToken token) {
        if (opened.created()) {
            inbox.changed(opened.dialog().id());
        }
        return ServerResponse.status(opened.created() ? HttpStatus.CREATED : HttpStatus.OK)
                .bodyValue(new View(opened.dialog().id(), token == null ? null : token.token(),
                        token == null ? null : token.expiresAt(), opened.dialog().lastSeq(),
                        new AssistantView(assistant.id(), assistant.name(), assistant.greeting())));
    }
}
