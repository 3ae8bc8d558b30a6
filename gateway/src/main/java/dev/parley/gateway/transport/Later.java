package dev.parley.gateway.transport;

import java.time.Duration;
import reactor.core.Disposable;

/** Runs something after a while, on the thread that it belongs to, unless it is disposed of before. */
@FunctionalInterface
interface Later {

    Disposable run(Runnable task, Duration after);
}
