package dev.parley.gateway.cluster;

import dev.parley.gateway.database.Installation;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * The names of all channels and keys. They bear the name of the database, since dialogs and users are numbers there: a Redis
 * that was used with another one has nothing to say about these.
 */
@ManyNodes
@Component
final class RedisNames {

    private final String prefix;
    private final String dialog;

    @Autowired
    RedisNames(Installation installation) {
        this(installation.name());
    }

    RedisNames(String database) {
        this.prefix = "parley:" + database + ":";
        this.dialog = prefix + "dialog:";
    }

    /** The channel of a dialog. */
    String dialog(long id) {
        return dialog + id;
    }

    /** Whose channel that is. */
    long dialogOf(String channel) {
        return Long.parseLong(channel, dialog.length(), channel.length(), 10);
    }

    /** The channel on which a node says that it hears the others, from now on or again. */
    String hearing() {
        return prefix + "hearing";
    }

    /** The channel on which a node tells itself that it hears. */
    String probe(long node) {
        return prefix + "probe:" + node;
    }

    /** The channel on which a node is asked. */
    String node(long id) {
        return prefix + "node:" + id;
    }

    /** The channel on which all nodes are told something. */
    String nodes() {
        return prefix + "nodes";
    }

    /** The key of a dialog's newest messages. */
    String recent(long dialogId) {
        return prefix + "recent:" + dialogId;
    }

    /** The key of a bucket of a limit. */
    String limit(String bucket) {
        return prefix + "limit:" + bucket;
    }

    /** The key of the answers that a user has open. */
    String open(String user) {
        return prefix + "open:" + user;
    }

    /** The key of the slots for answers. */
    String slots() {
        return prefix + "slots";
    }
}
