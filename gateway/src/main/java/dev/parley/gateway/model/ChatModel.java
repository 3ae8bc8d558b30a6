package dev.parley.gateway.model;

import reactor.core.publisher.Flux;

/**
 * A language model, as an answer needs it.
 *
 * <p>The stream begins nothing before it is subscribed to and makes one request a subscription. It ends with exactly one
 * {@link ModelEvent.Done}, or with a {@link ModelException} and nothing else; a stream that the model ends early is a
 * failure. Cancelling it closes the connection to the model at once, which makes the model stop. It has no time limits of
 * its own but the one for connecting: the answer that runs it has.
 *
 * <p>Take it with unbounded demand and hand on what cannot be used at once: demand held back reaches the model, which goes on
 * occupying its slot for as long as nobody reads. Events come on an event loop, which must not be blocked.
 */
public interface ChatModel {

    Flux<ModelEvent> chat(ModelRequest request);
}
