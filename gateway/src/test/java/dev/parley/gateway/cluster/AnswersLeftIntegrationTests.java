package dev.parley.gateway.cluster;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.database.OtherNodes;
import dev.parley.gateway.database.ThisNode;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import dev.parley.gateway.answer.Answers;

/** What a node that stops leaves open is taken up when it says so, and not only when others look. */
@ResourceLock(Lanes.NODES)
class AnswersLeftIntegrationTests {

    /** A node looks every two seconds by itself: so it would find the last of these after this time at the earliest. */
    private static final int ROUNDS = 11;
    private static final Duration BY_LOOKING = Duration.ofSeconds(20);

    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(1);

    @BeforeEach
    void itHears() {
        NODES.awaitHearing();
    }

    @Test
    void aNodeThatIsToldTakesThemUpAtOnce() {
        Visit visit = NODES.visit();
        NODES.say(NODES.node(0), visit, "m", "/say Yes");
        awaitAnswers(1);
        try (RedisNode other = RedisNode.of(NODES.redis)) {
            ThisNode gone = new ThisNode();
            AnswersOverRedis leaving = new AnswersOverRedis(new NodeCalls(other.commands(),
                    NODES.node(0).context().getBean(RedisNames.class), gone),
                    NODES.node(0).context().getBean(OtherNodes.class),
                    new StaticListableBeanFactory().getBeanProvider(Answers.class));
            long start = System.nanoTime();
            for (int i = 1; i <= ROUNDS; i++) {
                leaveOpen(visit, "r" + i, gone);
                leaving.leave().block(Duration.ofSeconds(10));
                awaitAnswers(i + 1);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BY_LOOKING);
        }
    }

    private static void leaveOpen(Visit visit, String request, ThisNode gone) {
        NODES.database.execute("insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, class, node)"
                + " values ('%s', %d, 1, 0, 'visitor:v', 'interactive', %d)".formatted(request, visit.dialogId(),
                        gone.id()));
    }

    private static void awaitAnswers(long count) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20))
                .until(() -> await(NODES.database.client().sql("select count(*) from answers where state = 'done'")
                        .mapValue(Long.class).one()) == count);
    }
}
