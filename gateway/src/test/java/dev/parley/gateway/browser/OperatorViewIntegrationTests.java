package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import dev.parley.gateway.HeldAnswer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An operator watches, replies, takes over and gives back. */
class OperatorViewIntegrationTests extends InTheBrowser {

    @Test
    void anOperatorTakesOverInTheMiddleOfAnAnswerAndGivesBack() {
        DemoPage demo = DemoPage.open(someone(), address());
        OperatorPage view;
        String cut;
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.write(LONG);
            demo.awaitGrowth(0);
            view = operatorAt(demo.operatorLink());
            view.awaitGrowth(SOME);
            view.awaitHolder("Parley, the assistant, has this dialog.");
            view.picture("operator-growing");

            view.click("Take over");
            cut = demo.awaitLine(line -> line.startsWith("Parley: word1 ") && !demo.isAnswerGrowing());
            view.awaitHolder("You have this dialog.");
        }
        view.write("Hello, I am a human.");
        demo.awaitLine("admin: Hello, I am a human.");
        demo.picture("demo-taken-over");
        view.picture("operator-taken-over");
        demo.write("So you are!");
        view.awaitLine("Visitor: So you are!");
        view.click("Give back");
        demo.awaitLine("* admin has left the conversation to the assistant");
        demo.write("/say Here I am again");

        assertThat(cut).doesNotEndWith("word200");
        assertThat(demo.page.locator(".message.cut .note").innerText())
                .isEqualTo("Cut off, because a human took over.");
        demo.awaitConversation(List.of("You: " + LONG, cut, "* admin has joined the conversation",
                "admin: Hello, I am a human.", "You: So you are!", "* admin has left the conversation to the assistant",
                "You: /say Here I am again", "Parley: Here I am again"));
        view.awaitConversation(List.of("Visitor: " + LONG, cut, "* admin has joined the conversation",
                "You: Hello, I am a human.", "Visitor: So you are!",
                "* admin has left the conversation to the assistant",
                "Visitor: /say Here I am again", "Parley: Here I am again"));
    }

    @Test
    void aReplyOfTheOperatorTakesTheDialogOver() {
        DemoPage demo = DemoPage.open(someone(), address());
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.write(LONG);
            demo.awaitGrowth(0);
            OperatorPage view = operatorAt(demo.operatorLink());
            view.awaitGrowth(0);
            assertThat(view.page.locator("#hint").innerText()).isEqualTo(
                    "Your reply takes the dialog over from the assistant.");

            view.write("Let me help you.");

            demo.awaitLine("admin: Let me help you.");
            demo.awaitNothingGrows();
            view.awaitHolder("You have this dialog.");
        }
    }

    @Test
    void aVisitorWhoAsksForAHumanIsSeenInTheListOfDialogs() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");
        demo.awaitLine("Parley: Hello");

        demo.click("Ask for a human");

        demo.awaitLine("* A human was asked for");
        OperatorPage view = operatorAt(address() + "/operator.html");
        String dialog = demo.operatorLink().replaceAll(".*=", "");
        Locator row = view.page.locator("#dialogs a[href$='dialog=" + dialog + "']");
        row.waitFor();
        assertThat(row.innerText()).contains("needs a human");
        view.picture("operator-list");
        Accessibility.check(view.page);
        row.click();
        view.awaitHolder("Parley, the assistant, has this dialog. A human was asked for.");
    }

    @Test
    void aClosedConversationSaysSoAndGoesOnWhenReopened() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");
        demo.awaitLine("Parley: Hello");
        OperatorPage view = operatorAt(demo.operatorLink());
        view.awaitConnection();

        view.click("Close");
        demo.awaitLine("* admin has closed the conversation");

        demo.awaitThat(() -> demo.page.locator("#text").isDisabled());
        assertThat(demo.page.locator("#text").isDisabled()).isTrue();
        assertThat(demo.page.locator("#hint").innerText()).startsWith("This conversation is closed.");
        view.click("Reopen");
        demo.awaitLine("* admin has reopened the conversation");
        demo.write("/say Hello again");
        demo.awaitLine("Parley: Hello again");
    }

    @Test
    void anOperatorWithAWrongPasswordIsTold() {
        Person stranger = someone();
        stranger.mayComplainOf("status of 401");
        OperatorPage view = OperatorPage.open(stranger, address() + "/operator.html");

        view.logIn("admin", "not this");

        assertThat(view.trouble()).isEqualTo("The user name or the password is wrong.");
    }
}
