package dev.parley.gateway.dialog;

import java.util.List;

/** What a room tells a follower: how things stand at the moment of joining, then every event. */
sealed interface RoomSignal permits RoomSignal.Snapshot, DialogEvent {

    /**
     * How things stood when the follower joined; every later event comes after it.
     *
     * @param recent the newest messages that the room remembers, contiguous, oldest first; perhaps none
     * @param answers what brings a newcomer up to date about the answers in flight
     */
    record Snapshot(List<Message> recent, List<DialogEvent.OfAnswer> answers) implements RoomSignal {}
}
