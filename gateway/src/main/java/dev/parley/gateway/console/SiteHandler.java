package dev.parley.gateway.console;

import dev.parley.gateway.access.Site;
import dev.parley.gateway.access.SiteChange;
import dev.parley.gateway.access.Sites;
import dev.parley.gateway.web.Fields;
import dev.parley.gateway.web.JsonBodies;
import dev.parley.gateway.web.Parameters;
import java.net.URI;
import java.time.Instant;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code /api/sites}. A site's secret is in the answers to its creation and to its rotation, and in no other. */
@Component
final class SiteHandler {

    private static final int MAX_NAME = 100;

    private final Sites sites;
    private final JsonBodies bodies;

    SiteHandler(Sites sites, JsonBodies bodies) {
        this.sites = sites;
        this.bodies = bodies;
    }

    private record WithSecret(long id, String name, long assistantId, boolean disabled, Instant createdAt,
            Instant updatedAt, String secret) {

        static WithSecret of(Sites.WithSecret created) {
            Site site = created.site();
            return new WithSecret(site.id(), site.name(), site.assistantId(), site.disabled(), site.createdAt(),
                    site.updatedAt(), created.secret());
        }

        /** Without the secret: Spring logs what it encodes. */
        @Override
        public String toString() {
            return "WithSecret[id=%d]".formatted(id);
        }
    }

    Mono<ServerResponse> list(ServerRequest request) {
        Page page = Page.of(request);
        return sites.list(page.afterId(), page.readLimit()).flatMap(found -> page.answer("sites", found, Site::id));
    }

    Mono<ServerResponse> create(ServerRequest request) {
        return bodies.read(request, SiteChange.class)
                .flatMap(first -> sites.create(Fields.line("name", first.name(), 1, MAX_NAME),
                        Fields.id("assistant_id", first.assistantId())))
                .flatMap(created -> ServerResponse.created(URI.create("/api/sites/" + created.site().id()))
                        .bodyValue(WithSecret.of(created)));
    }

    Mono<ServerResponse> read(ServerRequest request) {
        return answer(sites.read(Parameters.pathId(request, "id")));
    }

    Mono<ServerResponse> change(ServerRequest request) {
        long id = Parameters.pathId(request, "id");
        return answer(bodies.read(request, SiteChange.class).flatMap(change -> sites.change(id, checked(change))));
    }

    Mono<ServerResponse> disable(ServerRequest request) {
        return answer(sites.setDisabled(Parameters.pathId(request, "id"), true));
    }

    Mono<ServerResponse> enable(ServerRequest request) {
        return answer(sites.setDisabled(Parameters.pathId(request, "id"), false));
    }

    Mono<ServerResponse> rotateSecret(ServerRequest request) {
        return sites.rotateSecret(Parameters.pathId(request, "id"))
                .flatMap(rotated -> ServerResponse.ok().bodyValue(WithSecret.of(rotated)));
    }

    private static Mono<ServerResponse> answer(Mono<Site> site) {
        return site.flatMap(found -> ServerResponse.ok().bodyValue(found));
    }

    private static SiteChange checked(SiteChange change) {
        return new SiteChange(Fields.ifGiven(change.name(), name -> Fields.line("name", name, 1, MAX_NAME)),
                Fields.ifGiven(change.assistantId(), id -> Fields.id("assistant_id", id)));
    }
}
