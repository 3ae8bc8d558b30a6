package dev.parley.gateway.dialog;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * How it stands with the people of a dialog. Every follower is shown it once it has caught up with the log, and again
 * whenever it may have missed something; whoever asks after having joined the dialog's room is told all that changes later.
 */
public interface Standing {

    /** Everybody's presence, typing and marks, as followers were told of them. It never fails. */
    Mono<List<DialogEvent.OfPerson>> standing(long dialogId);
}
