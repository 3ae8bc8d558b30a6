package dev.parley.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Clients that stop reading, while much is said to them, cost a bounded piece of memory, and nobody else anything. */
@Isolated
class StuckReadersIntegrationTests {

    private static final int DIALOGS = 10;
    private static final int STUCK_EACH = 20;
    private static final int MESSAGES_EACH = 1_000;
    private static final String TEXT = "x".repeat(2_000);
    /** If all that is said were kept for all who do not read it would be 400, and the answers. */
    private static final int MAX_MEGABYTES_MORE = 100;
    /** What the kernel of one that does not read takes all the same. */
    private static final int RECEIVE_BUFFER = 4 * 1024;

    @TempDir
    private Path data = Path.of("");

    @Test
    void theyGetEverythingOnceTheyReadAgainAndNobodyElseNoticesThem() throws Exception {
        RehearsalSettings quick = RehearsalSettings.defaults().withTokensPerSecond(2_000).withParallel(DIALOGS);
        Map<String, String> settings = new HashMap<>(Crowd.settings());
        try (RehearsalModel model = RehearsalModel.start(quick)) {
            settings.put("OLLAMA_URLS", model.url());
            settings.put("MAX_CONCURRENT_CHATS", Integer.toString(DIALOGS));
            try (GatewayProcess gateway = GatewayProcess.start(data, settings)) {
                play(gateway);
            }
        }
    }

    private static void play(GatewayProcess gateway) throws Exception {
        Crowd crowd = new Crowd(gateway);
        List<Crowd.Talk> talks = crowd.open(DIALOGS);
        List<Follower> stuck = new ArrayList<>();
        List<Follower> lively = new ArrayList<>();
        for (Crowd.Talk talk : talks) {
            for (int i = 0; i < STUCK_EACH; i++) {
                stuck.add(Follower.since(crowd.asVisitor(talk).withReceiveBuffer(RECEIVE_BUFFER), 1).persistent());
            }
            lively.add(Follower.since(crowd.asVisitor(talk), 1));
        }
        for (int i = 0; i < stuck.size(); i++) {
            stuck.get(i).start(i % 2 == 0 ? Carrier.WEB_SOCKET : Carrier.SSE);
        }
        Crowd.forAll(lively, follower -> follower.start(Carrier.WEB_SOCKET));
        Gauges before = Gauges.afterCollection(gateway);
        stuck.forEach(Follower::stopReading);

        Crowd.forAll(talks, crowd::giveBack);
        Crowd.forAll(talks, talk -> crowd.ask(talk, "/long 10000"));
        for (int i = 0; i < talks.size(); i++) {
            Crowd.Talk talk = talks.get(i);
            lively.get(i).judge().await("a long answer", Duration.ofMinutes(2),
                    judge -> judge.last() == Crowd.newest(talk));
        }
        Crowd.forAll(talks, crowd::takeOver);
        Crowd.forAll(talks, talk -> crowd.say(talk, MESSAGES_EACH, TEXT));
        for (int i = 0; i < talks.size(); i++) {
            Crowd.Talk talk = talks.get(i);
            lively.get(i).judge().await("everything, while others are stuck",
                    judge -> judge.last() == Crowd.newest(talk));
        }
        assertThat(Gauges.afterCollection(gateway).heap() - before.heap()).as("megabytes of heap")
                .isLessThan(MAX_MEGABYTES_MORE);

        stuck.forEach(Follower::readAgain);
        for (int i = 0; i < stuck.size(); i++) {
            Crowd.Talk talk = talks.get(i / STUCK_EACH);
            stuck.get(i).judge().await("everything, in the end", Duration.ofMinutes(2),
                    judge -> judge.last() == Crowd.newest(talk));
        }
        assertThat(gateway.log()).doesNotContain("OutOfMemory", "ERROR");
        Crowd.forAll(stuck, Follower::close);
        Crowd.forAll(lively, Follower::close);
    }
}
