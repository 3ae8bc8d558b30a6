package dev.parley.gateway.database;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.EncodedParameter;
import io.r2dbc.postgresql.codec.Codec;
import io.r2dbc.postgresql.codec.CodecMetadata;
import io.r2dbc.postgresql.codec.CodecRegistry;
import io.r2dbc.postgresql.codec.PostgresTypeIdentifier;
import io.r2dbc.postgresql.codec.PostgresqlObjectId;
import io.r2dbc.postgresql.extension.CodecRegistrar;
import io.r2dbc.postgresql.message.Format;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Sends arrays of texts, numbers and booleans in PostgreSQL's binary form (its {@code array_recv}). The driver's own codecs
 * write them as text and look at each character for whether it has to be escaped, which was a quarter of what the database
 * threads did while messages were stored; and the server has to read it all again.
 */
final class BinaryArrays implements CodecRegistrar {

    @Override
    public Publisher<Void> register(PostgresqlConnection connection, ByteBufAllocator allocator, CodecRegistry codecs) {
        codecs.addFirst(new OfArray<>(allocator, String[].class, PostgresqlObjectId.TEXT_ARRAY, PostgresqlObjectId.TEXT,
                BinaryArrays::writeText));
        codecs.addFirst(new OfArray<>(allocator, Long[].class, PostgresqlObjectId.INT8_ARRAY, PostgresqlObjectId.INT8,
                (buffer, number) -> buffer.writeInt(Long.BYTES).writeLong(number)));
        codecs.addFirst(
                new OfArray<>(allocator, Boolean[].class, PostgresqlObjectId.BOOL_ARRAY, PostgresqlObjectId.BOOL,
                        (buffer, flag) -> buffer.writeInt(1).writeBoolean(flag)));
        return Mono.empty();
    }

    private static void writeText(ByteBuf buffer, String text) {
        int start = buffer.writerIndex();
        buffer.writeInt(0);
        buffer.setInt(start, ByteBufUtil.writeUtf8(buffer, text));
    }

    /** Writes one element, and before it how many bytes it has. */
    private interface Element<T> {
        void write(ByteBuf buffer, T element);
    }

    /** The metadata are what makes the driver choose it at all: it looks codecs up by their types once. */
    private static final class OfArray<T> implements Codec<T[]>, CodecMetadata {

        private static final int NULL = -1;
        private static final int FIRST_INDEX = 1;
        private static final int HEAD = 5 * Integer.BYTES;
        private static final int USUAL_ELEMENT = 16;

        private final ByteBufAllocator allocator;
        private final Class<T[]> type;
        private final PostgresqlObjectId array;
        private final PostgresqlObjectId component;
        private final Element<T> element;

        OfArray(ByteBufAllocator allocator, Class<T[]> type, PostgresqlObjectId array, PostgresqlObjectId component,
                Element<T> element) {
            this.allocator = allocator;
            this.type = type;
            this.array = array;
            this.component = component;
            this.element = element;
        }

        @Override
        public boolean canEncode(Object value) {
            return type.isInstance(value);
        }

        @Override
        public EncodedParameter encode(Object value) {
            return encode(value, array.getObjectId());
        }

        @Override
        public EncodedParameter encode(Object value, int dataType) {
            T[] elements = type.cast(value);
            return new EncodedParameter(Format.FORMAT_BINARY, dataType, Mono.fromSupplier(() -> write(elements)));
        }

        private ByteBuf write(@Nullable T[] elements) {
            ByteBuf buffer = allocator.buffer(HEAD + USUAL_ELEMENT * elements.length);
            boolean areThereNulls = Stream.of(elements).anyMatch(Objects::isNull);
            buffer.writeInt(elements.length == 0 ? 0 : 1) // dimensions
                    .writeInt(areThereNulls ? 1 : 0)
                    .writeInt(component.getObjectId());
            if (elements.length > 0) {
                buffer.writeInt(elements.length).writeInt(FIRST_INDEX);
            }
            for (T each : elements) {
                if (each == null) {
                    buffer.writeInt(NULL);
                } else {
                    element.write(buffer, each);
                }
            }
            return buffer;
        }

        @Override
        public boolean canEncodeNull(Class<?> wanted) {
            return wanted.equals(type);
        }

        @Override
        public EncodedParameter encodeNull() {
            return new EncodedParameter(Format.FORMAT_BINARY, array.getObjectId(), EncodedParameter.NULL_VALUE);
        }

        @Override
        public Class<?> type() {
            return type;
        }

        /** To read, the driver's own are good enough. */
        @Override
        public Iterable<PostgresTypeIdentifier> getDataTypes() {
            return List.of();
        }

        @Override
        public boolean canDecode(int dataType, Format format, Class<?> wanted) {
            return false;
        }

        @Override
        public T @Nullable [] decode(@Nullable ByteBuf buffer, int dataType, Format format,
                Class<? extends T[]> wanted) {
            throw new UnsupportedOperationException("writes only");
        }
    }
}
