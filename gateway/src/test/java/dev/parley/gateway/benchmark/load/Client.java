package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Target.Step;
import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** One connection, from its opening on; its subclasses are the carriers. */
abstract class Client<T> extends SimpleChannelInboundHandler<T> {

    private final Tally tally;
    private final Queue<Step> steps;
    private final Settled settled;
    private boolean open;
    private boolean over;
    private boolean stuck;
    private @Nullable Channel channel;

    /** Is told once whether the connection is open, or will never be. */
    @FunctionalInterface
    interface Settled {
        void settled(boolean open);
    }

    Client(Class<T> type, Way way, long dialog, Tally tally, Settled settled) {
        super(type);
        this.tally = tally;
        this.settled = settled;
        this.steps = new ArrayDeque<>(way.steps()
                .stream()
                .map(step -> new Step(step.expect(), Way.fill(step.send(), dialog)))
                .toList());
    }

    /** Sends a step of the opening. */
    abstract void send(Channel to, String text);

    /** What comes once the connection is open. */
    abstract void heard(ByteBuf bytes);

    @Override
    public void channelActive(ChannelHandlerContext context) {
        channel = context.channel();
        context.fireChannelActive();
    }

    final void take(Channel from, ByteBuf bytes) {
        if (open) {
            heard(bytes);
            return;
        }
        Step step = steps.element();
        if (bytes.toString(StandardCharsets.UTF_8).contains(step.expect())) {
            steps.remove();
            answer(from, step);
            advance(from);
        }
    }

    /** Takes the next step, where there is one for which nothing has to come first. */
    final boolean step(Channel to) {
        if (steps.isEmpty() || !steps.element().expect().isEmpty()) {
            return false;
        }
        answer(to, steps.remove());
        return true;
    }

    /** Takes all steps for which nothing has to come first. After the last one the connection is open. */
    final void advance(Channel to) {
        while (step(to)) {
            // the next one
        }
        if (steps.isEmpty() && !open) {
            open = true;
            tally.open++;
            settled.settled(true);
        }
    }

    private void answer(Channel to, Step step) {
        if (!step.send().isEmpty()) {
            send(to, step.send());
        }
    }

    final boolean isOpen() {
        return open;
    }

    final @Nullable Channel channel() {
        return channel;
    }

    /** Reads nothing any more, as a client whose tab sleeps. */
    final void stopReading() {
        stuck = true;
        if (channel != null) {
            channel.config().setAutoRead(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end("the server closed it");
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // that it is closed shows in channelInactive
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        end(cause.toString());
        context.close();
    }

    final void end(String reason) {
        if (over) {
            return;
        }
        over = true;
        if (!open) {
            tally.failed(reason);
            settled.settled(false);
        } else if (stuck) {
            tally.stuckClosed++;
        } else {
            tally.closed(reason);
        }
    }
}
