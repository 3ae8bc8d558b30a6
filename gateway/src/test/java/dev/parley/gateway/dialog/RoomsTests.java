package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

class RoomsTests {

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Rooms rooms = new Rooms(new RecentSettings(100, Duration.ofSeconds(60), 3),
            new Inbox(new Dialogs(mock(DatabaseClient.class)), OtherInboxes.NONE, clock), EventBus.NONE, meters, clock);

    @Test
    void aRoomIsKeptForAWhileAfterItsLastHolder() {
        Disposable one = rooms.hold(1);
        Disposable two = rooms.hold(1);
        one.dispose();
        one.dispose();
        assertThat(rooms.size()).isOne();
        two.dispose();
        assertThat(rooms.size()).isZero();
        assertThat(idle()).isOne();
        clock.advanceTimeBy(Duration.ofSeconds(59));
        rooms.forget();
        assertThat(idle()).isOne();
        clock.advanceTimeBy(Duration.ofSeconds(1));
        rooms.forget();
        assertThat(idle()).isZero();
    }

    @Test
    void whoComesBackInTimeFindsTheSameRoom() {
        rooms.hold(1).dispose();
        DialogRoom room = rooms.enter(1);
        rooms.leave(1);
        clock.advanceTimeBy(Duration.ofSeconds(59));
        assertThat(rooms.enter(1)).isSameAs(room);
        clock.advanceTimeBy(Duration.ofSeconds(59));
        rooms.forget();
        assertThat(rooms.size()).isOne();
    }

    @Test
    void theRoomThatWasLeftFirstGoesWhereThereAreTooMany() {
        DialogRoom first = rooms.enter(1);
        rooms.leave(1);
        for (long dialog = 2; dialog <= 4; dialog++) {
            rooms.hold(dialog).dispose();
        }
        assertThat(idle()).isEqualTo(3);
        assertThat(rooms.enter(1)).isNotSameAs(first);
    }

    private int idle() {
        return (int) meters.get("parley.rooms.idle").gauge().value();
    }
}
