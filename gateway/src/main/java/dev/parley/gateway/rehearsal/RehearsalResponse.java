package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.RehearsalChat.ConnectionReset;
import dev.parley.gateway.rehearsal.RehearsalChat.Step;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Sends an answer the way Ollama's server does: nothing at all, not even the status, before there is a first line; then
 * each line at once.
 */
final class RehearsalResponse {

    static final String JSON = "application/json; charset=utf-8";

    private static final String STREAM = "application/x-ndjson";
    private static final String STREAM_ERROR = "application/json";

    private RehearsalResponse() {}

    static Mono<Void> send(HttpServerResponse response, int status, String contentType, byte[] body) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, contentType)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .then();
    }

    /** The answer as a stream of lines, each cut into pieces of {@code pieceBytes}, or whole when that is 0. */
    static Mono<Void> stream(HttpServerResponse response, Flux<Step> steps, String model, int pieceBytes,
            RehearsalLedger.Entry entry) {
        Flux<Piece> pieces = steps.concatMapIterable(step -> pieces(step, model, pieceBytes)).doOnNext(piece -> {
            entry.wrote(piece.bytes().remaining());
            if (piece.ends()) {
                // Before it is sent: the client may be gone the moment it has it.
                entry.end(Outcome.FINISHED);
            }
        }).doOnTerminate(() -> entry.end(Outcome.FAILED)).doOnCancel(() -> entry.end(Outcome.LEFT));
        return pieces.<Void>switchOnFirst((first, all) -> first.isOnError()
                ? all.then()
                : response.header(HttpHeaderNames.CONTENT_TYPE, STREAM)
                        .send(all.map(piece -> Unpooled.wrappedBuffer(piece.bytes())), buffer -> true))
                .then()
                .onErrorResume(ConnectionReset.class, e -> reset(response))
                .onErrorResume(OllamaError.class,
                        e -> send(response, e.status(), STREAM_ERROR, OllamaFormat.error(e.text())));
    }

    /** The answer in one object. */
    static Mono<Void> whole(HttpServerResponse response, Flux<Step> steps, String model, RehearsalLedger.Entry entry) {
        return steps.collectList()
                .map(all -> OllamaFormat.object(whole(all, model)))
                .doOnNext(body -> {
                    entry.wrote(body.length);
                    entry.end(Outcome.FINISHED);
                })
                .doOnTerminate(() -> entry.end(Outcome.FAILED))
                .doOnCancel(() -> entry.end(Outcome.LEFT))
                .flatMap(body -> send(response, 200, JSON, body))
                .onErrorResume(ConnectionReset.class, e -> reset(response))
                .onErrorResume(OllamaError.class, e -> send(response, e.status(), JSON, OllamaFormat.error(e.text())));
    }

    private static OllamaFormat.Reply whole(List<Step> steps, String model) {
        var text = new StringBuilder();
        for (Step step : steps) {
            switch (step) {
                case Step.Text(String piece) -> text.append(piece);
                case Step.Last(String reason, OllamaFormat.Metrics metrics) -> {
                    return OllamaFormat.last(model, text.toString(), reason, metrics);
                }
                case Step.Failure(String error) -> throw new OllamaError(500, error);
                case Step.Garbage _ -> throw new OllamaError(500, Fault.RUNNER_STOPPED);
            }
        }
        return OllamaFormat.piece(model, text.toString());
    }

    private static List<Piece> pieces(Step step, String model, int pieceBytes) {
        byte[] line = switch (step) {
            case Step.Text(String text) -> OllamaFormat.line(OllamaFormat.piece(model, text));
            case Step.Last(String reason, OllamaFormat.Metrics metrics) ->
                OllamaFormat.line(OllamaFormat.last(model, "", reason, metrics));
            case Step.Failure(String text) -> OllamaFormat.line(Map.of("error", text));
            case Step.Garbage _ -> OllamaFormat.garbage();
        };
        boolean last = step instanceof Step.Last;
        if (pieceBytes == 0 || line.length <= pieceBytes) {
            return List.of(new Piece(ByteBuffer.wrap(line), last));
        }
        var pieces = new ArrayList<Piece>(line.length / pieceBytes + 1);
        for (int from = 0; from < line.length; from += pieceBytes) {
            int to = Math.min(line.length, from + pieceBytes);
            pieces.add(new Piece(ByteBuffer.wrap(line, from, to - from), last && to == line.length));
        }
        return pieces;
    }

    /** Ends the connection with a TCP reset instead of a polite close. */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody is left to be told that it is closed
    private static Mono<Void> reset(HttpServerResponse response) {
        return Mono.<Void>never().doOnSubscribe(subscription -> response.withConnection(connection -> {
            Channel channel = connection.channel();
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }));
    }

    private record Piece(ByteBuffer bytes, boolean ends) {}
}
