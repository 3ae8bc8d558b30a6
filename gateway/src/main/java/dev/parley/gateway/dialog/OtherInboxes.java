package dev.parley.gateway.dialog;

/** The inboxes of other nodes: a port, since one node needs none. */
public interface OtherInboxes {

    /** Of a gateway that is one node. */
    OtherInboxes NONE = dialogId -> {};

    /** Tells those who watch there, soon, that a dialog was changed here. Never waits; callable from any thread. */
    void changed(long dialogId);
}
