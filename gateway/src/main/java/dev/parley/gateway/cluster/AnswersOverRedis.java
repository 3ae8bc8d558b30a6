package dev.parley.gateway.cluster;

import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.answer.OpenAnswer;
import dev.parley.gateway.answer.OtherAnswers;
import dev.parley.gateway.database.OtherNodes;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The answers of other nodes, both sides: asks other nodes, and answers when they ask. */
@ManyNodes
@Component
final class AnswersOverRedis implements OtherAnswers, InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(AnswersOverRedis.class);

    private static final String CANCEL = "cancel";
    private static final String OPEN = "open";
    private static final String LEFT = "left";
    /** Of somebody who wants an answer to stop, which has to happen on its own node. */
    private static final Duration CANCEL_PATIENCE = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int ASKED_AT_ONCE = 16;

    private final NodeCalls calls;
    private final OtherNodes others;
    private final ObjectProvider<Answers> answers;

    AnswersOverRedis(NodeCalls calls, OtherNodes others, ObjectProvider<Answers> answers) {
        this.calls = calls;
        this.others = others;
        this.answers = answers;
    }

    private record Which(long dialogId, String requestId) {}

    private record All() {}

    private record Gone() {}

    private record Open(List<OpenAnswer> answers) {}

    @Override
    public void afterPropertiesSet() {
        calls.serve(CANCEL, Which.class,
                which -> answers.getObject().cancelHere(which.dialogId(), which.requestId()));
        calls.serve(OPEN, All.class, all -> Mono.fromSupplier(() -> new Open(answers.getObject().openHere())));
        calls.serve(LEFT, Gone.class, gone -> answers.getObject().takeUpHere());
    }

    @Override
    public Mono<Boolean> cancel(long node, long dialogId, String requestId) {
        return calls.ask(node, CANCEL, new Which(dialogId, requestId), Boolean.class, CANCEL_PATIENCE)
                .onErrorMap(error -> Problem.UNAVAILABLE
                        .with("The node that works on this answer cannot be reached: try again in a moment"));
    }

    @Override
    public Mono<List<OpenAnswer>> open() {
        return others.alive()
                .flatMapMany(Flux::fromIterable)
                .flatMap(node -> calls.ask(node, OPEN, new All(), Open.class, PATIENCE)
                        .onErrorResume(error -> {
                            log.debug("Node {} does not say which answers it has: {}", node, error.toString());
                            return Mono.empty();
                        }), ASKED_AT_ONCE)
                .flatMapIterable(Open::answers)
                .collectList();
    }

    @Override
    public Mono<Void> leave() {
        return calls.tellAll(LEFT, new Gone());
    }
}
