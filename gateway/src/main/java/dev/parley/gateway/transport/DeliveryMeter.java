package dev.parley.gateway.transport;

import java.time.Duration;

/** What becomes of the events that outboxes get. Called often, by any thread. */
interface DeliveryMeter {

    /** So many were written; with what else was written, so many bytes. */
    void written(int events, long bytes);

    /** A message is written, so long after this node heard of it. */
    void handedOver(Duration after);

    /** One was made part of another. */
    void merged();

    /** So many were dropped, to be read again. */
    void dropped(int events);
}
