package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.SharedEvent;
import org.jspecify.annotations.Nullable;

/** One thing that waits to be written to a connection. */
sealed interface WaitingFrame {

    /** About so many bytes. */
    long size();

    byte[] bytes(SharedEvent.Form form);

    /** Something that is said to this client alone. */
    final class Reply implements WaitingFrame {

        private final byte[] bytes;
        private final boolean isSign;

        /** @param isSign whether it only shows that this side lives */
        Reply(byte[] bytes, boolean isSign) {
            this.bytes = bytes;
            this.isSign = isSign;
        }

        boolean isSign() {
            return isSign;
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public byte[] bytes(SharedEvent.Form form) {
            return bytes;
        }
    }

    /** An event of something that the connection follows. Others may be merged into it while it waits. */
    final class Event implements WaitingFrame {

        private final Intake from;
        private SharedEvent event;
        private byte @Nullable [] bytes;
        private long size;

        Event(Intake from, SharedEvent event, byte[] bytes) {
            this.from = from;
            this.event = event;
            this.bytes = bytes;
            this.size = bytes.length;
        }

        Intake from() {
            return from;
        }

        SharedEvent shared() {
            return event;
        }

        DialogEvent event() {
            return event.event();
        }

        void become(DialogEvent merged, long newSize) {
            event = new SharedEvent(merged);
            bytes = null; // written when its turn comes: until then more may be merged into it
            size = newSize;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public byte[] bytes(SharedEvent.Form form) {
            return bytes == null ? event.in(form) : bytes;
        }
    }
}
