package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.web.RequestHead;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.beans.factory.annotation.Autowired;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

class PollingIntegrationTests extends Conversations {

    @Autowired
    private CarrierTools tools;

    /** Where a client goes away in the very moment in which it is let in. */
    @Test
    void whoHasLeftBeforeItWaitsIsForgotten() {
        Opened visitor = visitor();
        Sinks.One<NativeChannel> asked = Sinks.one();
        DisposableServer server = HttpServer.create()
                .bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .handle((request, response) -> {
                    asked.tryEmitValue(new NativeChannel(request, response));
                    return Mono.never();
                })
                .bindNow();
        Disposable client = HttpClient.create()
                .remoteAddress(server::address)
                .headers(headers -> headers.set("Authorization", "Bearer " + visitor.token()))
                .get().uri("/").response().subscribe(response -> {}, gone -> {});
        try {
            NativeChannel channel = await(asked.asMono());
            Follower follower = await(tools.admission().follower(new Arrival(RequestHead.of(channel.request()),
                    Audience.WIDGET, Long.toString(visitor.dialogId())), "0"));
            Disposable seat = Disposables.single();

            Polling.of(tools, follower, seat, Duration.ofSeconds(25), Duration.ofMillis(50), channel)
                    .subscribe(new BaseSubscriber<>() {
                        @Override
                        protected void hookOnSubscribe(Subscription subscription) {
                            subscription.cancel();
                        }
                    });

            assertThat(seat.isDisposed()).isTrue();
            assertThat(tools.connections().all()
                    .filter(open -> open.dialogs().anyMatch(id -> id == visitor.dialogId()))).isEmpty();
        } finally {
            client.dispose();
            server.disposeNow();
        }
    }
}
