package dev.parley.gateway.answer;

import dev.parley.gateway.database.ThisNode;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Hands this node's answers over when it stops: as soon as the database knows that it lives no longer, and so that they are
 * anybody's, it tells the others. So what its visitors were being told goes on before they have come back.
 */
@Component
final class Departure implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Departure.class);
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final OtherAnswers others;
    private final Disposable.Swap telling = Disposables.swap();
    private volatile boolean running;

    Departure(ObjectProvider<OtherAnswers> others) {
        this.others = others.getIfAvailable(() -> OtherAnswers.NONE);
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable stopped) {
        running = false;
        telling.update(others.leave().timeout(PATIENCE).doFinally(signal -> stopped.run())
                .subscribe(told -> {}, error -> log.debug("The others find out by themselves that this node is gone",
                        error)));
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Right after this node's end of life. */
    @Override
    public int getPhase() {
        return ThisNode.LIFE - 1;
    }
}
