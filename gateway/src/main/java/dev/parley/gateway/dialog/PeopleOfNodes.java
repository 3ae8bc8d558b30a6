package dev.parley.gateway.dialog;

import java.util.List;

/**
 * People who may be in a dialog over several nodes. Each node tells the others how it stands with people there, as the events
 * {@link DialogEvent.OfPerson}; what its own followers are told is made of what all have told.
 */
public interface PeopleOfNodes {

    /** What another node has told of the dialog: how it stands with people there, and what they have said. Never waits. */
    void heard(long node, long dialogId, List<DialogEvent> events);

    /** Another node wants to know how it stands with the dialog's people here. Never waits. */
    void tellNodes(long dialogId);
}
