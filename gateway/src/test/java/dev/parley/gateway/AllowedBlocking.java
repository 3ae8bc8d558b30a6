package dev.parley.gateway;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/** What BlockHound takes for blocking in the tests, and is not. Each line needs a reason. */
public final class AllowedBlocking implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        // Random bytes come from /dev/urandom, which never waits: the database driver needs them to log in.
        builder.allowBlockingCallsInside("sun.security.provider.NativePRNG$RandomIO", "readFully");
        // Netty's allocator takes a lock of its own there, which others hold for a few instructions; Netty's own list of
        // what is allowed has forgotten the place.
        builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$MagazineGroup",
                "tryExpandMagazines");
        // Lettuce counts its writers under a lock of its own, which others hold for a few instructions.
        builder.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "incrementWriters");
        builder.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "decrementWriters");
        // And asks a queue of its own how long it is, which has such a lock, too.
        builder.allowBlockingCallsInside("io.lettuce.core.protocol.DefaultEndpoint", "validateWrite");
        // Once for each type that is read or written for the first time; it waits for another such first time at most.
        builder.allowBlockingCallsInside("tools.jackson.databind.deser.DeserializerCache",
                "_createAndCacheValueDeserializer");
        builder.allowBlockingCallsInside("tools.jackson.databind.ser.SerializerCache",
                "addAndResolveNonTypedSerializer");
        builder.allowBlockingCallsInside("tools.jackson.databind.ser.SerializerCache", "addTypedSerializer");
    }
}
