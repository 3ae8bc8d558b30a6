package dev.parley.gateway.dialog;

import java.util.List;
import reactor.core.publisher.Mono;

/** There are other nodes, of which nothing is heard. */
final class QuietBus implements EventBus {

    @Override
    public void listen(Listener listener) {}

    @Override
    public Mono<List<Message>> follow(long dialogId) {
        return Mono.just(List.of());
    }

    @Override
    public void unfollow(long dialogId) {}

    @Override
    public void publish(long dialogId, List<? extends DialogEvent> events) {}

    @Override
    public void ask(long dialogId) {}

    @Override
    public void remember(long dialogId, List<Message> newest) {}

    @Override
    public boolean isWhole() {
        return true;
    }
}
