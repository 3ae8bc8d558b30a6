package dev.parley.gateway;

import java.util.concurrent.locks.ReentrantLock;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * Gateways that start at the same time in one process set up their logging one after the other. They share Logback's context,
 * which is not made for two who do that at once.
 */
final class LoggingInTurn {

    private static final ReentrantLock TURN = new ReentrantLock();

    private LoggingInTurn() {}

    static final class Before implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

        @Override
        public int getOrder() {
            return LoggingApplicationListener.DEFAULT_ORDER - 1;
        }

        @Override
        public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
            TURN.lock();
        }
    }

    static final class After implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

        @Override
        public int getOrder() {
            return LoggingApplicationListener.DEFAULT_ORDER + 1;
        }

        @Override
        public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
            TURN.unlock();
        }
    }

    /** Where logging could not be set up, nobody came to the end of it. */
    static final class Failed implements ApplicationListener<ApplicationFailedEvent> {

        @Override
        public void onApplicationEvent(ApplicationFailedEvent event) {
            if (TURN.isHeldByCurrentThread()) {
                TURN.unlock();
            }
        }
    }
}
