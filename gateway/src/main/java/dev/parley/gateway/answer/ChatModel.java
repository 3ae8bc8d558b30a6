package dev.parley.gateway.answer;

import reactor.core.publisher.Flux;

/**
 * A language model, as an answer needs it.
 *
 * <p>The stream begins nothing before it is subscribed to and makes one request a subscription. It ends with exactly one
 * {@link ModelEvent.Done}, or with a {@link ModelException} and nothing else; a stream that the model ends early is a
 * failure. Cancelling it closes the connection to the model at once, which makes the model stop. It has no time limits of
 * its own but the one for connecting: the answer that runs it has.
 */
public interface ChatModel {

    Flux<ModelEvent> chat(ModelRequest request);
}
