package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;

/**
 * Who sees what of a dialog. What a visitor says goes to the operators only, and back to the visitor where it asked for an
 * echo, since a widget shows its own messages by itself; all else goes to all.
 */
final class Visibility {

    private Visibility() {}

    static boolean of(DialogEvent event, Audience audience, Caller caller, boolean echo) {
        return switch (event) {
            case DialogEvent.Logged(Message message) ->
                message.sender() != Sender.USER || audience == Audience.ADMIN || echo;
            case DialogEvent.OfPerson news -> isOfAnother(news, audience, caller);
            case DialogEvent.OfAnswer news -> true;
            case DialogEvent.Reset reset -> true;
            case DialogEvent.Updated updated -> audience == Audience.ADMIN;
        };
    }

    /** What a client does itself it need not be told. A dialog has one visitor, so the only person on that side is itself. */
    private static boolean isOfAnother(DialogEvent.OfPerson news, Audience audience, Caller caller) {
        return news.sender() == Sender.USER
                ? audience == Audience.ADMIN
                : audience != Audience.ADMIN || !news.senderId().equals(caller.id());
    }
}
