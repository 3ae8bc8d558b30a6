package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.WebSocketRoute;
import dev.parley.gateway.HeldAnswer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What becomes of a conversation while the network does what networks do. */
class LostConnectionIntegrationTests extends InTheBrowser {

    @Test
    void aCutConnectionComesBackWithoutLossOrRepeat() {
        Person visitor = someone();
        DemoPage demo = DemoPage.open(visitor, address());
        OperatorPage view = operatorAt(demo.operatorLink());
        view.awaitConnection();
        String answer = "Parley: " + answerTo(LONG);
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.write(LONG);
            demo.awaitGrowth(0);

            visitor.loseTheNetwork();
            demo.awaitConnectionLost();
            demo.write("Written without a network");
            demo.picture("demo-offline");
            assertThat(demo.conversation()).doesNotContain(answer);
        }
        view.awaitLine(answer);
        view.write("Are you still there?");
        view.awaitStored();
        visitor.findTheNetwork();

        demo.awaitConnection();
        demo.awaitConversation(List.of("You: " + LONG, answer, "* admin has joined the conversation",
                "admin: Are you still there?", "You: Written without a network"));
        view.awaitLine("Visitor: Written without a network");
        demo.reload();
        demo.awaitThat(() -> demo.conversation().size() == 5);
        assertThat(demo.conversation()).endsWith("You: Written without a network").hasSize(5);
    }

    @Test
    void aMessageWhoseAcknowledgementIsLostIsSentAgainAndStoredOnce() {
        AtomicBoolean followed = new AtomicBoolean();
        AtomicBoolean cut = new AtomicBoolean();
        DemoPage demo = DemoPage.open(someone(), address(),
                socket -> loseAnswersToTheFirstMessage(socket, followed, cut));
        demo.awaitThat(followed::get); // what is written before that goes out with a request

        demo.write("/say Only once");

        demo.awaitConversation(List.of("You: /say Only once", "Parley: Only once"));
        assertThat(cut).isTrue();
        demo.reload();
        demo.awaitThat(() -> !demo.conversation().isEmpty());
        demo.awaitConversation(List.of("You: /say Only once", "Parley: Only once"));
    }

    /** The network breaks after the message has gone out and before anything comes back; the next connection is good. */
    private static void loseAnswersToTheFirstMessage(WebSocketRoute socket, AtomicBoolean followed,
            AtomicBoolean cut) {
        WebSocketRoute server = socket.connectToServer();
        if (cut.get()) {
            return;
        }
        server.onMessage(frame -> {
            if (frame.text().contains("\"ack\"")) {
                cut.set(true);
                socket.close(new WebSocketRoute.CloseOptions().setCode(4000));
            } else if (!frame.text().contains("Only once")) {
                socket.send(frame.text());
                followed.compareAndSet(false, frame.text().contains("\"hello\""));
            }
        });
    }
}
