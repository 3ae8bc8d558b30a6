package dev.parley.gateway.benchmark.server;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.Rooms;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Makes a gateway publish live frames that were not stored before, as the words of an answer are. A text becomes the next
 * {@code answer_delta} of an answer in its dialog, published where the answers publish theirs, so what is measured is the
 * gateway's own way from the room over the feed and the outbox to the socket, with all its checks. An answer begins, has
 * some hundred words and ends, and then the next one begins; so that the room remembers no more than it does of real ones.
 *
 * <p>Left out are the model and its client, and the gathering of words in windows of 40 ms, which would spare frames. How a
 * text gets in is the same as in the yardsticks: by a WebSocket that takes {@code "<dialog> <text>"}, or from a
 * {@link Producer}.
 */
class LiveFrames implements DisposableBean {

    private final Rooms rooms;
    private final ConcurrentHashMap<Long, Answer> answers = new ConcurrentHashMap<>();
    private final Disposable.Composite held = Disposables.composite();

    LiveFrames(Rooms rooms) {
        this.rooms = rooms;
    }

    @Bean
    HandlerMapping publishingSocket() {
        return new SimpleUrlHandlerMapping(Map.<String, WebSocketHandler>of("/benchmark/publish", this::publish), -2);
    }

    private Mono<Void> publish(WebSocketSession session) {
        return session.receive().map(WebSocketMessage::getPayloadAsText).doOnNext(this::publish).then();
    }

    @Bean
    RouterFunction<ServerResponse> producerRoute() {
        return route().GET("/benchmark/produce", this::produce).build();
    }

    private Mono<ServerResponse> produce(ServerRequest request) {
        SpringServer.producer(request).start(this::publish);
        return ServerResponse.ok().bodyValue("started");
    }

    private void publish(String frame) {
        int space = frame.indexOf(' ');
        publish(Long.parseLong(frame.substring(0, space)), frame.substring(space + 1));
    }

    /** One dialog's texts come from one thread. */
    private void publish(long dialog, String text) {
        Answer answer = answers.get(dialog);
        if (answer == null) {
            held.add(rooms.hold(dialog)); // as whoever runs an answer does
            answer = new Answer(dialog);
            answers.put(dialog, answer);
        }
        answer.say(text);
    }

    @Override
    public void destroy() {
        held.dispose();
    }

    private final class Answer {

        private static final int WORDS = 300;
        private static final int LONGEST = 16_384;

        private final long dialog;
        private String requestId = "";
        private int words;
        private int offset;

        Answer(long dialog) {
            this.dialog = dialog;
        }

        void say(String text) {
            if (words == 0) {
                requestId = UUID.randomUUID().toString();
                rooms.publish(new AnswerStarted(dialog, requestId, 0, 1));
            }
            rooms.publish(new AnswerDelta(dialog, requestId, 0, offset, text));
            words++;
            offset += text.length();
            if (words == WORDS || offset > LONGEST) {
                rooms.publish(new AnswerFinished(dialog, requestId, 0, AnswerEnd.DONE, null));
                words = 0;
                offset = 0;
            }
        }
    }
}
