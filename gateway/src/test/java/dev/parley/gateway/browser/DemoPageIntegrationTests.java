package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A person chats with the assistant on the demo page. */
class DemoPageIntegrationTests extends InTheBrowser {

    @Test
    void theVisitorSeesTheAnswerGrowAndEnd() {
        DemoPage demo = DemoPage.open(someone(), address());

        String first;
        String second;
        try (HeldAnswer held = holdAnswer(5, 25)) {
            demo.write("Good morning, who are you?");
            first = demo.awaitGrowth(0);
            held.goOn(5);
            second = demo.awaitGrowth(first.length() + SOME);
            demo.picture("demo-growing");
        }

        assertThat(second).startsWith(first);
        String answer = answerTo("Good morning, who are you?");
        assertThat(answer).startsWith(second);
        demo.awaitConversation(List.of("You: Good morning, who are you?", "Parley: " + answer));
        demo.awaitStored();
    }

    @Test
    void thePageSaysThatARehearsalModelAnswers() {
        DemoPage demo = DemoPage.open(someone(), address());

        assertThat(demo.page.locator("#model").innerText())
                .containsPattern("^No Ollama was found at http://[^ ]+, so a rehearsal model answers here");
    }

    @Test
    void anAnswerCanBeStoppedAndAskedForAgain() {
        DemoPage demo = DemoPage.open(someone(), address());
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.write(LONG);
            demo.awaitGrowth(SOME);

            demo.click("Stop the answer");

            demo.awaitNothingGrows();
        }
        assertThat(demo.conversation().getLast()).startsWith("Parley: word1 ").doesNotEndWith("word200");
        assertThat(demo.page.locator(".message.cut .note").innerText()).isEqualTo("Stopped before the end.");
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.click("Try again");
            demo.awaitGrowth(0);
            assertThat(demo.conversation()).hasSize(3);
        }
    }

    @Test
    void aReloadKeepsTheConversationAndTheAnswerGoesOn() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Nothing is lost");
        demo.awaitConversation(List.of("You: /say Nothing is lost", "Parley: Nothing is lost"));
        try (HeldAnswer held = holdAnswer(20, 60)) {
            demo.write("/long 100");
            String before = demo.awaitGrowth(SOME);

            demo.reload();

            held.goOn(20);
            assertThat(demo.awaitGrowth(before.length())).startsWith(before);
        }
        demo.awaitConversation(List.of("You: /say Nothing is lost", "Parley: Nothing is lost", "You: /long 100",
                "Parley: " + answerTo("/long 100")));
    }

    @Test
    void twoTabsOfAVisitorShowTheSameConversation() {
        Person visitor = someone();
        DemoPage one = DemoPage.open(visitor, address());
        DemoPage other = DemoPage.open(visitor, address());

        one.write("/say From the first");
        other.awaitConversation(List.of("You: /say From the first", "Parley: From the first"));
        other.write("/say From the second");

        List<String> all = List.of("You: /say From the first", "Parley: From the first", "You: /say From the second",
                "Parley: From the second");
        one.awaitConversation(all);
        other.awaitConversation(all);
    }

    @Test
    void aNewConversationBeginsEmptyAndTheOldOneStaysWithTheOperators() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say The old one");
        demo.awaitConversation(List.of("You: /say The old one", "Parley: The old one"));
        String old = demo.operatorLink();

        demo.click("New conversation");
        demo.awaitConversation(List.of());
        demo.awaitConnection();

        assertThat(demo.operatorLink()).isNotEqualTo(old);
        OperatorPage view = operatorAt(old);
        view.awaitConversation(List.of("Visitor: /say The old one", "Parley: The old one"));
    }

    @Test
    void theVisitorTalksWithTheOldestAssistantThatIsNotDisabled() {
        DATABASE.execute("""
                insert into assistants (name, greeting, allowed_origins) values ('Second', 'Second to none', '{*}');
                update assistants set disabled = name <> 'Second'""");
        try {
            DemoPage demo = DemoPage.open(someone(), address());

            assertThat(demo.page.locator("#greeting").innerText()).isEqualTo("Second to none");
            demo.write("/say Here");
            demo.awaitConversation(List.of("You: /say Here", "Second: Here"));
        } finally {
            DATABASE.execute("update assistants set disabled = name <> 'Parley'");
        }
    }

    @Test
    void whereThereIsNoAssistantThePageSaysSo() {
        DATABASE.execute("update assistants set disabled = true");
        try {
            DemoPage demo = DemoPage.openWithoutDialog(someone(), address());

            assertThat(demo.trouble()).startsWith("No assistant is enabled.");
        } finally {
            DATABASE.execute("update assistants set disabled = name <> 'Parley'");
        }
    }

    @Test
    void aBrowserNeverKeepsTheFilesOfAnOlderVersion() {
        Map<String, String> headers = someone().newPage().request().get(address() + "/pages/demo.js").headers();

        assertThat(headers).containsEntry("cache-control", "no-cache").doesNotContainKey("last-modified");
    }
}
