package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.http.HttpHeaders;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;

/**
 * Takes the polls out of what a channel reads, and answers them; all else goes on to Reactor Netty. HTTP answers in the order
 * of the requests: so a poll that comes while Reactor Netty has something to answer goes there as well, and what comes while
 * a poll waits is held back.
 *
 * <p>All of it happens on the channel's thread, except where said.
 */
final class PollHandler extends ChannelDuplexHandler {

    /** Parts of requests that a client may send on while a poll waits; who sends more is cut off. */
    private static final int MOST_BEHIND = 64;

    /** Answers that are due at about the same time wake the thread once. */
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);

    private final PollRoute route;
    private final Acquaintance acquaintance = new Acquaintance();
    private @Nullable Answering answering;
    private @Nullable Deque<Object> behind;
    private int elsewhere;
    private boolean skipsContent;
    private boolean goesOn;

    PollHandler(PollRoute route) {
        this.route = route;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (skipsContent && message instanceof HttpContent content) {
            skip(content);
        } else if (answering == null) {
            take(context, message);
        } else {
            hold(context, message);
        }
    }

    /** A poll has none but the end of it. */
    private void skip(HttpContent content) {
        skipsContent = !(content instanceof LastHttpContent);
        content.release();
    }

    private void take(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            boolean isOurTurn = elsewhere == 0 && context.channel().isActive(); // nobody would end it on a closed one
            Arrival poll = isOurTurn ? route.poll(request) : null;
            if (poll != null) {
                begin(context, request, poll);
                return;
            }
            elsewhere++;
        }
        context.fireChannelRead(message);
    }

    private void begin(ChannelHandlerContext context, HttpRequest request, Arrival poll) {
        skipsContent = true;
        if (!context.channel().config().isAutoRead()) {
            context.channel().config().setAutoRead(true); // else nobody would notice a client that leaves
        }
        Answering next = new Answering(context,
                poll.audience() == Audience.ADMIN ? HttpHeaders.EMPTY : new HttpHeaders());
        answering = next;
        route.began();
        route.answer(poll, request, context.channel(), acquaintance, next.page, next::later).subscribe(next);
    }

    private void hold(ChannelHandlerContext context, Object message) {
        if (behind == null) {
            behind = new ArrayDeque<>();
        }
        behind.add(message);
        if (behind.size() > MOST_BEHIND) {
            close(context);
        }
    }

    /** Goes on with what was held back, until a poll has to wait again. */
    private void goOn(ChannelHandlerContext context) {
        Deque<Object> held = behind;
        if (held == null || goesOn) {
            return;
        }
        goesOn = true;
        for (Object next = held.peek(); next != null && (skipsContent || answering == null); next = held.peek()) {
            held.remove();
            channelRead(context, next);
        }
        if (held.isEmpty()) {
            behind = null;
        }
        goesOn = false;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean isOnTheWay = message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (message instanceof LastHttpContent && !isOnTheWay) {
            elsewhere--;
        }
        context.write(message, promise);
        if (isOnTheWay && ((HttpResponse) message).status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
            context.pipeline().remove(this); // a WebSocket from now on
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        leave();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        leave();
    }

    private void leave() {
        if (answering != null) {
            answering.dispose();
            end();
        }
        if (behind != null) {
            behind.forEach(ReferenceCountUtil::release);
            behind.clear();
            behind = null;
        }
    }

    private void end() {
        answering = null;
        route.ended();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        if (answering == null) {
            context.fireExceptionCaught(failure);
        } else {
            close(context); // the connection was reset
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // whether it was open or not, it is closed afterwards
    private static void close(ChannelHandlerContext context) {
        context.close();
    }

    /** One poll, from its request until its answer is written. What it hears comes on any thread. */
    private final class Answering extends BaseSubscriber<byte[]> {

        private final ChannelHandlerContext context;
        private final HttpHeaders page;

        Answering(ChannelHandlerContext context, HttpHeaders page) {
            this.context = context;
            this.page = page;
        }

        Disposable later(Runnable task, Duration after) {
            long now = System.nanoTime();
            long due = now + after.toNanos();
            long tick = due - Math.floorMod(due, TICK);
            Future<?> later = context.executor().schedule(task, Math.max(0, tick - now), TimeUnit.NANOSECONDS);
            return () -> later.cancel(false);
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(1);
        }

        @Override
        protected void hookOnNext(byte[] json) {
            onThread(() -> write(PollResponses.ok(json, page)));
        }

        @Override
        protected void hookOnError(Throwable failure) {
            onThread(() -> {
                if (answering == this) {
                    write(route.refusal(failure, page));
                }
            });
        }

        private void onThread(Runnable task) {
            if (context.executor().inEventLoop()) {
                task.run();
            } else {
                context.executor().execute(task);
            }
        }

        private void write(FullHttpResponse response) {
            if (answering != this) {
                response.release(); // the client has gone meanwhile
                return;
            }
            boolean isLast = route.isLast();
            ChannelFuture written = context.writeAndFlush(isLast ? PollResponses.last(response) : response);
            if (written.isDone()) {
                written(written, isLast);
            } else {
                written.addListener((ChannelFutureListener) done -> written(done, isLast));
            }
        }

        private void written(ChannelFuture written, boolean isLast) {
            if (isLast || !written.isSuccess()) {
                close(context);
            } else if (answering == this) {
                end();
                goOn(context);
            }
        }
    }
}
