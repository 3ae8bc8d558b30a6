package dev.parley.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Wire;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Thousands lose their connection at once and come back at once, as when a proxy in front of them is restarted. */
@Isolated
class ReconnectStormIntegrationTests {

    private static final int DIALOGS = 500;
    private static final int FOLLOWERS_EACH = 10;
    private static final int MAX_LOG_READS = 100;

    @TempDir
    private Path data = Path.of("");

    /** One client, of one dialog. */
    private record Client(Crowd.Talk talk, Follower follower, Carrier carrier) {

        void come() {
            follower.start(carrier);
        }

        void isWhole() {
            follower.judge().await("message %d of dialog %d over %s".formatted(Crowd.newest(talk), talk.id, carrier),
                    judge -> judge.last() == Crowd.newest(talk));
        }
    }

    @Test
    void allAreWholeAgainAndTheLogIsHardlyRead() throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(data, Crowd.settings())) {
            Crowd crowd = new Crowd(gateway);
            List<Crowd.Talk> talks = crowd.open(DIALOGS);
            List<Client> clients = new ArrayList<>();
            for (Crowd.Talk talk : talks) {
                for (int i = 0; i < FOLLOWERS_EACH; i++) {
                    clients.add(new Client(talk, Follower.since(crowd.asVisitor(talk), 0).persistent(),
                            Carrier.ofClient(i)));
                }
            }
            Crowd.forAll(clients, Client::come);
            Crowd.forAll(talks, talk -> crowd.say(talk, 3, "Before the storm"));
            Crowd.forAll(clients, Client::isWhole);

            Crowd.forAll(clients, client -> client.follower().stop(Wire.Ending.RESET));
            Crowd.forAll(talks, talk -> crowd.say(talk, 2, "While nobody listened"));
            double reads = Gauges.of(gateway).sum("parley_log_reads_total");
            Crowd.forAll(clients, Client::come);
            Crowd.forAll(clients, Client::isWhole);
            assertThat(Gauges.of(gateway).sum("parley_log_reads_total") - reads).as("log reads")
                    .isLessThan(MAX_LOG_READS);

            Crowd.forAll(talks, talk -> crowd.say(talk, 1, "And live again"));
            Crowd.forAll(clients, Client::isWhole);
            Crowd.forAll(clients, client -> client.follower().close());
        }
    }
}
