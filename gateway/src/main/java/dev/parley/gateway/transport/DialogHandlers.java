package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.dialog.History;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.MessageSettings;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.presence.People;
import dev.parley.gateway.presence.Reception;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import dev.parley.gateway.web.Parameters;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Answers the REST requests about one dialog. Each first finds the dialog for its caller: what is not theirs is not there. */
@Component
final class DialogHandlers {

    private static final int MAX_PAGE = 100;

    private final Authenticator authenticator;
    private final Dialogs dialogs;
    private final History history;
    private final DialogCommands commands;
    private final People people;
    private final DialogViews views;
    private final JsonBodies bodies;
    private final ClientAddresses addresses;
    private final RateLimit requests;
    private final int pageSize;

    DialogHandlers(Authenticator authenticator, Dialogs dialogs, History history, DialogCommands commands,
            People people, DialogViews views, JsonBodies bodies, ClientAddresses addresses, MessageSettings settings,
            RequestSettings requests, RateLimits limits) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.history = history;
        this.commands = commands;
        this.people = people;
        this.views = views;
        this.bodies = bodies;
        this.addresses = addresses;
        this.requests = requests.limit(limits);
        this.pageSize = settings.pageSize();
    }

    Mono<ServerResponse> list(ServerRequest request, Audience audience) {
        return caller(request, audience).flatMap(caller -> {
            DialogPage page = DialogPage.of(request, caller);
            return dialogs.list(caller, page.filter(), page.after(), page.limit() + 1)
                    .flatMap(found -> views.list(page.of(found), caller)
                            .map(dialogs -> new DialogJson.DialogList(dialogs, page.next(found))))
                    .flatMap(list -> ServerResponse.ok().bodyValue(list));
        });
    }

    Mono<ServerResponse> get(ServerRequest request, Audience audience) {
        return withDialog(request, audience, (caller, dialog) -> ok(dialog, caller, audience));
    }

    Mono<ServerResponse> history(ServerRequest request, Audience audience) {
        return withDialog(request, audience, (caller, dialog) -> {
            int limit = Parameters.integer(request, "limit", pageSize, 1, MAX_PAGE);
            long after = Parameters.longInteger(request, "after", -1, 0, Long.MAX_VALUE);
            long before = Parameters.longInteger(request, "before", Long.MAX_VALUE, 1, Long.MAX_VALUE);
            if (after >= 0 && request.queryParam("before").isPresent()) {
                return Mono.error(Problem.BAD_REQUEST.with("Give before or after, not both"));
            }
            return people.reception(dialog.id(), caller)
                    .flatMap(reception -> after >= 0
                            ? after(dialog.id(), after, limit, reception)
                            : before(dialog.id(), before, limit, reception))
                    .flatMap(page -> ServerResponse.ok().bodyValue(page));
        });
    }

    private Mono<DialogJson.MessageList> after(long dialogId, long seq, int limit, Reception reception) {
        return history.after(dialogId, seq, limit)
                .map(page -> list(page.messages(),
                        !page.messages().isEmpty() && page.messages().getLast().seq() < page.newest(), reception));
    }

    private Mono<DialogJson.MessageList> before(long dialogId, long seq, int limit, Reception reception) {
        return history.before(dialogId, seq, limit)
                .map(messages -> list(messages, !messages.isEmpty() && messages.getFirst().seq() > 1, reception));
    }

    private static DialogJson.MessageList list(List<Message> messages, boolean hasMore, Reception reception) {
        return new DialogJson.MessageList(
                messages.stream().map(message -> DialogJson.message(message, reception.of(message))).toList(), hasMore);
    }

    private record NewMessageBody(@Nullable String clientMsgId, @Nullable String text) {}

    Mono<ServerResponse> post(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> bodies.read(request, NewMessageBody.class)
                        .flatMap(body -> commands.post(caller, addresses.counted(request.exchange().getRequest()),
                                dialog.id(), body.clientMsgId(), body.text()))
                        .flatMap(posted -> ServerResponse.status(posted.repeated() ? HttpStatus.OK : HttpStatus.CREATED)
                                .bodyValue(DialogJson.posted(posted))));
    }

    private record QuestionBody(@Nullable Long inReplyTo, @Nullable Boolean batch) {}

    Mono<ServerResponse> askAgain(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> bodies.read(request, QuestionBody.class)
                        .flatMap(body -> commands.askAgain(caller, dialog.id(),
                                body.inReplyTo() == null ? 0 : Fields.id("in_reply_to", body.inReplyTo()),
                                Boolean.TRUE.equals(body.batch())))
                        .flatMap(asked -> ServerResponse.accepted().bodyValue(asked)));
    }

    /** Stops an answer, for those who have no socket to send {@code cancel} over. */
    Mono<ServerResponse> cancel(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> commands.cancel(caller, dialog.id(), request.pathVariable("request_id"))
                        .then(ServerResponse.noContent().build()));
    }

    private record TypingBody(@Nullable Boolean typing) {}

    Mono<ServerResponse> typing(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> bodies.read(request, TypingBody.class)
                        .doOnNext(
                                body -> commands.typing(caller, dialog.id(), Fields.required("typing", body.typing())))
                        .then(ServerResponse.noContent().build()));
    }

    private record ReceiptBody(@Nullable Long deliveredSeq, @Nullable Long readSeq) {}

    Mono<ServerResponse> receipt(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> bodies.read(request, ReceiptBody.class)
                        .flatMap(body -> commands.receipt(caller, dialog.id(), dialog.lastSeq(), body.deliveredSeq(),
                                body.readSeq()))
                        .then(ServerResponse.noContent().build()));
    }

    Mono<ServerResponse> handOff(ServerRequest request, Audience audience) {
        return withDialog(request, audience,
                (caller, dialog) -> commands.handOff(caller, dialog.id())
                        .flatMap(after -> ok(after, caller, audience)));
    }

    Mono<ServerResponse> giveBack(ServerRequest request) {
        return byOperator(request, (operator, dialog) -> commands.giveBack(operator, dialog.id()));
    }

    Mono<ServerResponse> close(ServerRequest request) {
        return byOperator(request, (operator, dialog) -> commands.close(operator, dialog.id()));
    }

    Mono<ServerResponse> reopen(ServerRequest request) {
        return byOperator(request, (operator, dialog) -> commands.reopen(operator, dialog.id()));
    }

    private Mono<ServerResponse> byOperator(ServerRequest request,
            BiFunction<Caller.Operator, Dialog, Mono<Dialog>> change) {
        return withDialog(request, Audience.ADMIN,
                (caller, dialog) -> change.apply((Caller.Operator) caller, dialog)
                        .flatMap(after -> ok(after, caller, Audience.ADMIN)));
    }

    private Mono<ServerResponse> withDialog(ServerRequest request, Audience audience,
            BiFunction<Caller, Dialog, Mono<ServerResponse>> answer) {
        return caller(request, audience).flatMap(caller -> dialogs.find(caller, Parameters.pathId(request, "id"))
                .flatMap(dialog -> answer.apply(caller, dialog)));
    }

    private Mono<Caller> caller(ServerRequest request, Audience audience) {
        return authenticator.authenticate(audience, request.exchange().getRequest())
                .map(Session::caller)
                .delayUntil(caller -> requests.take(caller.key()));
    }

    private Mono<ServerResponse> ok(Dialog dialog, Caller caller, Audience audience) {
        return views.one(dialog, caller, audience).flatMap(view -> ServerResponse.ok().bodyValue(view));
    }
}
