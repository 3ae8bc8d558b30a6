package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.web.RequestHead;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.beans.factory.annotation.Autowired;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;

class PollingIntegrationTests extends Conversations {

    @Autowired
    private CarrierTools tools;

    /** Where a client goes away in the very moment in which it is let in. */
    @Test
    void whoHasLeftBeforeItWaitsIsForgotten() {
        Opened visitor = visitor();
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
        request.headers().set("Authorization", "Bearer " + visitor.token());
        Follower follower = await(tools.admission().follower(
                new Arrival(RequestHead.of(request), Audience.WIDGET, Long.toString(visitor.dialogId())), "0"));
        Disposable seat = Disposables.single();

        Polling.of(tools, follower, seat, Duration.ofSeconds(25), Duration.ofMillis(50),
                (task, after) -> Disposables.disposed()).subscribe(new BaseSubscriber<>() {
                    @Override
                    protected void hookOnSubscribe(Subscription subscription) {
                        subscription.cancel();
                    }
                });

        assertThat(seat.isDisposed()).isTrue();
        assertThat(tools.connections().all()
                .filter(open -> open.dialogs().anyMatch(id -> id == visitor.dialogId()))).isEmpty();
    }
}
