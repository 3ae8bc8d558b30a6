package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.EventBus;
import dev.parley.gateway.dialog.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Carries what one node tells of people to another one, unless it is cut. */
final class BusInMemory implements EventBus {

    private final long node;
    @Nullable
    PeopleFixture other;
    boolean isCut;

    BusInMemory(long node) {
        this.node = node;
    }

    @Override
    public void publish(long dialogId, List<? extends DialogEvent> events) {
        if (other != null && !isCut) {
            other.people.heard(node, dialogId, List.copyOf(events));
        }
    }

    @Override
    public void ask(long dialogId) {
        if (other != null && !isCut) {
            other.people.tellNodes(dialogId);
        }
    }

    @Override
    public void listen(Listener listener) {}

    @Override
    public Mono<List<Message>> follow(long dialogId) {
        return Mono.just(List.of());
    }

    @Override
    public void unfollow(long dialogId) {}

    @Override
    public void remember(long dialogId, List<Message> newest) {}

    @Override
    public boolean isWhole() {
        return !isCut;
    }
}
