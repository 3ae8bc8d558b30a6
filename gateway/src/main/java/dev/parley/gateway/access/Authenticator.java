package dev.parley.gateway.access;

import dev.parley.gateway.access.Caller.Ground;
import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.RequestHead;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;

/**
 * Says who is calling. Every request and every WebSocket handshake goes through here, before anything else is done for
 * it. The token says who it is; that the user, the site or the assistant is not disabled is looked up each time, at most
 * five seconds old. All failures are {@link ProblemException}s: {@code UNAUTHORIZED} with a detail that says what to do,
 * {@code FORBIDDEN} for a widget on a page whose origin its assistant does not allow. Nothing blocks.
 */
@Component
public final class Authenticator {

    private final OperatorTokens operatorTokens;
    private final VisitorTokens visitorTokens;
    private final SiteTokens siteTokens;
    private final Users users;
    private final Sites sites;
    private final Assistants assistants;
    private final Origins origins;

    Authenticator(OperatorTokens operatorTokens, VisitorTokens visitorTokens, SiteTokens siteTokens, Users users,
            Sites sites, Assistants assistants, Origins origins) {
        this.operatorTokens = operatorTokens;
        this.visitorTokens = visitorTokens;
        this.siteTokens = siteTokens;
        this.users = users;
        this.sites = sites;
        this.assistants = assistants;
        this.origins = origins;
    }

    /** For functional routes. */
    public Mono<Session> authenticate(Audience audience, ServerRequest request) {
        return authenticate(audience, request.exchange().getRequest());
    }

    /** The caller and until when it may go on. The token may be in any of the places of PROTOCOL section 2. */
    public Mono<Session> authenticate(Audience audience, ServerHttpRequest request) {
        return authenticate(audience, RequestHead.of(request));
    }

    /** For what all audiences ask in one place: of which its caller is, its token says. */
    public Mono<Session> authenticate(ServerHttpRequest request) {
        return Mono.defer(() -> {
            RequestHead head = RequestHead.of(request);
            return authenticate(Credentials.audienceOf(head), head);
        });
    }

    /** As {@link #authenticate(Audience, ServerHttpRequest)}. */
    public Mono<Session> authenticate(Audience audience, RequestHead request) {
        return authenticate(audience, Credentials.of(audience, request));
    }

    /**
     * For connections that live on: a token that comes later ({@code {"type":"auth","token"}}). Its origin was checked
     * when the connection was opened.
     */
    public Mono<Session> authenticate(Audience audience, String token) {
        return Mono.defer(() -> switch (audience) {
            case ADMIN -> operator(operatorTokens.check(token));
            case WIDGET ->
                Mono.just(visitorTokens.check(token)).delayUntil(session -> stillAllowed(session.caller().ground()));
            case SITE -> siteTokens.check(token).delayUntil(session -> stillAllowed(session.caller().ground()));
        });
    }

    Mono<Session> authenticate(Audience audience, Credentials credentials) {
        Mono<Session> session = Mono.defer(() -> authenticate(audience, token(audience, credentials)));
        return audience == Audience.WIDGET
                ? session.delayUntil(visitor -> mayEmbed((Visitor) visitor.caller(), credentials))
                : session;
    }

    private Mono<Assistant> mayEmbed(Visitor visitor, Credentials credentials) {
        return assistant(visitor.assistantId())
                .doOnNext(assistant -> origins.check(assistant, credentials.head()));
    }

    /**
     * For connections that live on, to be asked every few seconds: empty, or {@code UNAUTHORIZED} where the user, the
     * site or the assistant was disabled meanwhile. What it says is at most five seconds old.
     */
    public Mono<Void> stillAllowed(Ground ground) {
        Mono<?> user = ground.userId() == null
                ? Mono.empty()
                : users.known(ground.userId())
                        .filter(known -> !known.user().disabled())
                        .switchIfEmpty(Mono.error(Authenticator::disabledUser));
        Mono<?> site = ground.siteId() == null
                ? Mono.empty()
                : sites.known(ground.siteId())
                        .filter(known -> !known.site().disabled())
                        .switchIfEmpty(Mono.error(() -> Problem.UNAUTHORIZED.with("This site is disabled")));
        Mono<?> assistant = ground.assistantId() == null ? Mono.empty() : assistant(ground.assistantId());
        return user.then(site).then(assistant).then();
    }

    /**
     * A fresh token for a visitor whose token is good, or ended less than seven days ago.
     *
     * @param sent the old token where the client sent it in the body, else it is looked for in the usual places
     */
    public Mono<IssuedToken> refreshVisitorToken(ServerHttpRequest request, @Nullable String sent) {
        return Mono.defer(() -> {
            Credentials credentials = Credentials.of(Audience.WIDGET, RequestHead.of(request));
            Session old = visitorTokens.checkForRefresh(sent != null ? sent : token(Audience.WIDGET, credentials));
            Visitor visitor = (Visitor) old.caller();
            return mayEmbed(visitor, credentials).map(_ -> visitorTokens.issue(visitor));
        });
    }

    private Mono<Session> operator(OperatorTokens.Claims claims) {
        return users.known(claims.userId())
                .switchIfEmpty(Mono.error(() -> Jwt.invalid("there is no such user")))
                .map(known -> {
                    if (known.user().disabled()) {
                        throw disabledUser();
                    }
                    if (!operatorTokens.isOf(known.passwordHash(), claims)) {
                        throw Problem.UNAUTHORIZED.with("The password was changed: log in again");
                    }
                    return new Session(known.caller(), claims.expiresAt());
                });
    }

    private Mono<Assistant> assistant(long id) {
        return assistants.find(id)
                .filter(assistant -> !assistant.disabled())
                .switchIfEmpty(Mono.error(() -> Problem.UNAUTHORIZED.with("This assistant is disabled")));
    }

    private static String token(Audience audience, Credentials credentials) {
        String token = credentials.token();
        if (token == null) {
            throw Problem.UNAUTHORIZED.with("Send a token: Authorization: Bearer <token>, or ?%s=<token>".formatted(
                    audience.parameter()));
        }
        return token;
    }

    private static ProblemException disabledUser() {
        return Problem.UNAUTHORIZED.with("This account is disabled");
    }
}
