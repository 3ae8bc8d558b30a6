package dev.parley.gateway.presence;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.Sender;

/** Somebody in a dialog, named as their messages name them. */
record Person(Sender sender, String id) {

    static Person of(Caller caller) {
        return new Person(caller instanceof Caller.Operator ? Sender.MANAGER : Sender.USER, caller.id());
    }
}
