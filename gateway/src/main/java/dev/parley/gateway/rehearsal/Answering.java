package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalLedger.Phase;
import dev.parley.gateway.rehearsal.Speech.Piece;
import dev.parley.gateway.rehearsal.Speech.Text;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * The course of one answer: the model, a slot, the prompt, token by token, and whatever fault comes between. The next token
 * begins when the socket has taken the one before, so a client that does not read holds its slot, as it does with Ollama.
 * For the event loop alone.
 */
final class Answering implements Runners.Waiting {

    /** So many tokens without a pause; then others have their turn. */
    static final int TURN = 32;

    private static final String PROXY_PAGE = """
            <html>
            <head><title>502 Bad Gateway</title></head>
            <body>
            <center><h1>502 Bad Gateway</h1></center>
            <hr><center>nginx</center>
            </body>
            </html>
            """;

    private final EventExecutor loop;
    private final Pace pace;
    private final Runners runners;
    private final Asked asked;
    private final @Nullable Fault fault;
    private final Delivery delivery;
    private final LedgerEntry entry;
    private final Speech speech;
    private final Random random;
    private final Timing timing;

    private Runners.@Nullable Request request;
    private @Nullable Runner runner;
    private Slots.@Nullable Place place;
    private @Nullable Future<?> timer;
    private @Nullable Disposable held;
    private int said;
    private int troubledAt = -1;
    private boolean isPaused;
    private boolean isGone;
    private boolean isOver;

    Answering(EventExecutor loop, RehearsalSettings settings, Runners runners, Asked asked, @Nullable Fault fault,
            Delivery delivery, LedgerEntry entry) {
        this.loop = loop;
        this.pace = asked.script().over(settings.pace());
        this.runners = runners;
        this.asked = asked;
        this.fault = fault;
        this.delivery = delivery;
        this.entry = entry;
        this.speech = asked.said().isEmpty() ? Speech.NOTHING : Speech.to(asked);
        this.random = new Random(settings.seed() + entry.number());
        this.timing = new Timing(loop.ticker());
    }

    void begin() {
        delivery.reply().whenGone(this::gone);
        if (fault instanceof Fault.Status(int status, String text)) {
            refuse(status, text);
        } else if (fault instanceof Fault.Proxy) {
            entry.answeredBy(502);
            ends(Outcome.FAILED, () -> delivery.reply()
                    .send(502, "text/html", Unpooled.wrappedBuffer(JsonBytes.utf8(PROXY_PAGE))));
        } else if (isLoadOnly() && asked.keepAlive() != null && asked.keepAlive().isZero()) {
            runners.unload(asked.runnerName());
            ends(Outcome.FINISHED, delivery.last(ended("unload"), Metrics.NONE));
        } else {
            orRefuse(() -> {
                Runners.Request mine = runners.want(asked, this);
                // It may have its model, and even be over, by now.
                request = mine;
                if (isOver) {
                    mine.leave();
                }
            });
        }
    }

    @Override
    public void loading() {
        entry.comesTo(Phase.LOADING);
    }

    @Override
    public void ready(Runner runner) {
        this.runner = runner;
        timing.ready();
        entry.comesTo(Phase.SLOT_WAIT);
        if (isLoadOnly()) {
            ends(Outcome.FINISHED, delivery.last(ended("load"), timing.ofLoad()));
        } else {
            orRefuse(() -> place = runner.slots().line(this::start));
        }
    }

    private void start() {
        timing.started();
        entry.started();
        go();
    }

    /** Says what there is to say until there is something to wait for. */
    private void go() {
        timer = null;
        if (isGone) {
            release();
            return;
        }
        orRefuse(() -> {
            for (int turn = 0; turn < TURN; turn++) {
                if (isOver || !advance()) {
                    return;
                }
            }
            loop.execute(this::go);
        });
    }

    /** The next thing; whether another one may follow at once. */
    private boolean advance() {
        if (troubledAt < said && isTroubleDue()) {
            troubledAt = said;
            return trouble();
        }
        if (!isPaused) {
            isPaused = true;
            long pause = pause();
            if (pause > 0) {
                after(pause);
                return false;
            }
        }
        isPaused = false;
        if (said == 0) {
            timing.read();
            entry.comesTo(Phase.DECODE);
        }
        if (said == speech.pieces().size()) {
            ends(Outcome.FINISHED, delivery.last(speech, timing.of(asked.promptTokens(), speech.tokens())));
            return false;
        }
        entry.said(1);
        return isTaken(delivery.piece(speech.pieces().get(said++)));
    }

    private long pause() {
        Piece next = said == speech.pieces().size() ? speech.last() : speech.pieces().get(said);
        long gap = next.gap().toNanos();
        if (gap > 0) {
            delivery.flush();
        }
        if (said == 0) {
            return gap + pace.prefillNanos(asked.promptTokens());
        }
        if (next.equals(Speech.NOTHING.last()) || runner == null) {
            return 0;
        }
        Slots slots = runner.slots();
        return timing.untilNext(gap + pace.pauseNanos(slots.taken(), slots.size(), random.nextDouble()));
    }

    private boolean isTroubleDue() {
        return switch (fault) {
            case null -> false;
            case Fault.Holds holds -> said < speech.pieces().size() && holds.before(said) != null;
            case Fault f -> f.at() >= 0 && Math.min(f.at(), speech.pieces().size()) == said;
        };
    }

    private boolean trouble() {
        delivery.flush();
        switch (fault) {
            case Fault.ErrorLine f when said == 0 && !delivery.reply().hasBegun() -> refuse(500, f.text());
            case Fault.ErrorLine f -> ends(Outcome.FAILED, delivery.failure(f.text()));
            case Fault.EndsEarly _ -> ends(Outcome.FAILED, delivery.end(null));
            case Fault.HalfLine _ -> ends(Outcome.FAILED, delivery.end(new Text("half of a line")));
            case Fault.Cuts _ -> ends(Outcome.FAILED, delivery.reply()::cut);
            case Fault.Resets f -> when(f.when(), () -> ends(Outcome.FAILED, delivery.reply()::reset));
            case Fault.Holds holds -> {
                Mono<Void> go = holds.before(said);
                when(go == null ? Mono.empty() : go, this::go);
            }
            case Fault.Pauses f -> after(f.time().toNanos());
            case Fault.Garbage _ -> {
                return isTaken(delivery.garbage());
            }
            case Fault.OverlongLine f -> {
                return isTaken(delivery.piece(new Text("x".repeat(f.bytes()))));
            }
            case null, default -> {
                // It stalls: nothing follows.
            }
        }
        return false;
    }

    private void refuse(int status, String text) {
        ends(Outcome.FAILED, delivery.refuse(status, text));
    }

    private void orRefuse(Runnable action) {
        try {
            action.run();
        } catch (OllamaError e) {
            refuse(e.status(), e.text());
        }
    }

    private void gone() {
        Phase phase = entry.phase();
        if (phase == Phase.LOAD_QUEUE || phase == Phase.LOADING) {
            entry.answeredBy(499);
        }
        delivery.drop();
        entry.end(Outcome.LEFT);
        if (phase == Phase.PREFILL && pace.prefillGoesOn() && timer != null) {
            isGone = true;
        } else {
            release();
        }
    }

    /** The slot is free before the last line is out, as with Ollama, whose runner has no part in that. */
    private void ends(Outcome how, Runnable sending) {
        entry.end(how);
        release();
        sending.run();
    }

    private void release() {
        if (isOver) {
            return;
        }
        isOver = true;
        if (timer != null) {
            timer.cancel(false);
        }
        if (held != null) {
            held.dispose();
        }
        if (place != null && fault instanceof Fault.LeaksSlot && runner != null) {
            runner.whenGone(entry::released);
        } else if (place != null) {
            entry.released();
            place.leave();
        }
        if (request != null) {
            request.leave();
        }
    }

    private boolean isTaken(@Nullable ChannelFuture written) {
        if (written == null || written.isDone()) {
            return written == null || written.isSuccess();
        }
        long begun = timing.now();
        written.addListener(done -> {
            long time = timing.now() - begun;
            timing.blocked(time);
            entry.blocked(time);
            if (done.isSuccess() && !isOver) {
                go();
            }
        });
        return false;
    }

    private void after(long nanos) {
        timer = loop.schedule(this::go, timing.toTick(nanos), TimeUnit.NANOSECONDS);
    }

    private void when(Mono<Void> signal, Runnable action) {
        Runnable onLoop = () -> loop.execute(() -> {
            if (!isOver) {
                action.run();
            }
        });
        held = signal.subscribe(nothing -> {}, failure -> onLoop.run(), onLoop);
    }

    private boolean isLoadOnly() {
        return asked.said().isEmpty();
    }

    private static Speech ended(String reason) {
        return new Speech(Speech.NOTHING.pieces(), Speech.NOTHING.last(), 0, reason);
    }
}
