package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Connection.Incoming;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which request goes where. For the event loop alone. */
final class Endpoints implements BiConsumer<Incoming, Reply> {

    private static final String TEXT = "text/plain; charset=utf-8";

    private final EventExecutor loop;
    private final Supplier<RehearsalSettings> settings;
    private final RehearsalLedger ledger;
    private final Runners runners;
    private final Queue<Fault> faults;
    private final BiConsumer<Incoming, Reply> controls;
    private final Catalogue catalogue;
    private final JsonBytes json = new JsonBytes();

    Endpoints(EventExecutor loop, Supplier<RehearsalSettings> settings, RehearsalLedger ledger, Runners runners,
            Queue<Fault> faults, BiConsumer<Incoming, Reply> controls) {
        this.loop = loop;
        this.settings = settings;
        this.ledger = ledger;
        this.runners = runners;
        this.faults = faults;
        this.controls = controls;
        this.catalogue = new Catalogue(runners);
    }

    @Override
    public void accept(Incoming request, Reply reply) {
        if (request.path().startsWith("/rehearsal/")) {
            controls.accept(request, reply);
            return;
        }
        switch ((request.method().equals("HEAD") ? "GET" : request.method()) + " " + request.path()) {
            case "POST /api/chat" -> answer(request, reply, Requests::chat);
            case "POST /api/generate" -> answer(request, reply, Requests::generate);
            case "POST /v1/chat/completions" -> answer(request, reply, Requests::completions);
            case "POST /api/show" -> show(request, reply);
            case "GET /" -> text(reply, 200, "Ollama is running");
            case "GET /api/version" -> json(reply, 200, Catalogue.version());
            case "GET /api/tags" -> json(reply, 200, catalogue.models(settings.get()));
            case "GET /v1/models" -> json(reply, 200, catalogue.list(settings.get()));
            case "GET /api/ps" -> running(reply);
            default -> text(reply, 404, "404 page not found");
        }
    }

    private void answer(Incoming request, Reply reply, Reading reading) {
        RehearsalSettings now = settings.get();
        boolean isOpenAi = request.path().startsWith("/v1/");
        try {
            byte[] body = request.bytes();
            Asked asked = reading.read(body, request.script());
            if (!now.has(Script.nameOf(asked.model()))) {
                throw missing(Script.nameOf(asked.model()));
            }
            LedgerEntry entry = ledger.arrive(asked);
            Form form = isOpenAi
                    ? new OpenAiForm(asked.model(), Requests.wantsUsage(body), entry.number())
                    : new OllamaForm(request.path().equals("/api/chat"), asked.model(), json);
            new Answering(loop, now, runners, asked, fault(asked, now), delivery(asked, now, form, reply, entry), entry)
                    .begin();
        } catch (OllamaError e) {
            refuse(reply, isOpenAi ? new OpenAiForm("", false, 0) : new OllamaForm(true, "", json), e);
        }
    }

    private static Delivery delivery(Asked asked, RehearsalSettings settings, Form form, Reply reply,
            LedgerEntry entry) {
        if (!asked.stream() || asked.said().isEmpty()) {
            return new Whole(reply, form, entry);
        }
        Wire wire = asked.script().over(settings.wire());
        boolean isPaced = asked.script().over(settings.pace()).tokensPerSecond() > 0;
        // Without pauses, a write for each token would be most of the work.
        int together = isPaced || !wire.isWhole()
                ? wire.linesPerWrite()
                : Math.max(wire.linesPerWrite(),
                        Answering.TURN);
        return new Streamed(reply, form, wire, together, entry);
    }

    private @Nullable Fault fault(Asked asked, RehearsalSettings settings) {
        if (asked.said().isEmpty()) {
            return null; // nothing is said, the model is only loaded: faults are meant for answers
        }
        Fault queued = faults.poll();
        if (queued != null) {
            return queued;
        }
        String wished = asked.script().fault();
        if (wished != null) {
            return Fault.of(wished, asked.model());
        }
        var texts = asked.userTexts();
        Fault written = texts.isEmpty() ? null : Fault.asked(texts.getLast(), asked.model());
        return written == null && settings.fault() != null ? Fault.of(settings.fault(), asked.model()) : written;
    }

    private void show(Incoming request, Reply reply) {
        try {
            String model = Requests.shown(request.bytes());
            if (!settings.get().has(Script.nameOf(model))) {
                throw missing(model);
            }
            // What it shows is the same for every name.
            json(reply, 200, catalogue.shown());
        } catch (OllamaError e) {
            refuse(reply, new OllamaForm(true, "", json), e);
        }
    }

    private void running(Reply reply) {
        long delay = settings.get().memory().psDelay().toNanos();
        if (delay == 0) {
            json(reply, 200, catalogue.running());
        } else {
            var timer = loop.schedule(() -> json(reply, 200, catalogue.running()), delay, TimeUnit.NANOSECONDS);
            reply.whenGone(() -> timer.cancel(false));
        }
    }

    private static OllamaError missing(String model) {
        return new OllamaError(404, "model '" + model + "' not found");
    }

    private static void refuse(Reply reply, Form form, OllamaError error) {
        var body = Unpooled.buffer();
        form.error(body, error.status(), error.text());
        reply.send(error.status(), Form.JSON, body);
    }

    static void json(Reply reply, int status, Object value) {
        reply.send(status, Form.JSON, Unpooled.wrappedBuffer(RehearsalJson.bytes(value)));
    }

    private static void text(Reply reply, int status, String text) {
        reply.send(status, TEXT, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    @FunctionalInterface
    private interface Reading {

        Asked read(byte[] body, @Nullable String script);
    }
}
