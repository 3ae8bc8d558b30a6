package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConversationTests {

    private final List<Message> log = new ArrayList<>();

    @Test
    void theModelIsToldAllThatWasSaidOldestFirst() {
        say(Sender.USER, "hello");
        say(Sender.ASSISTANT, "hi");
        say(Sender.USER, "why?");
        assertThat(conversation("Be kind.", 4096).turns()).containsExactly(new Turn(Role.SYSTEM, "Be kind."),
                new Turn(Role.USER, "hello"), new Turn(Role.ASSISTANT, "hi"), new Turn(Role.USER, "why?"));
    }

    @Test
    void afterAHandBackItKnowsWhatTheHumanSaidAndWho() {
        say(Sender.USER, "refund please");
        say(Sender.SYSTEM, "Anna has joined the conversation");
        say(Sender.MANAGER, "You get 10 euros.");
        say(Sender.USER, "thanks, how much was it?");
        assertThat(conversation("", 4096).turns()).contains(
                new Turn(Role.ASSISTANT, "[Anna, a human colleague] You get 10 euros."));
        assertThat(conversation("", 4096).turns()).hasSize(3);
    }

    @Test
    void whatDoesNotFitIsLeftOutByWholeTurnsAndCounted() {
        for (int i = 0; i < 10; i++) {
            say(Sender.USER, "question " + i + " " + "x".repeat(300));
            say(Sender.ASSISTANT, "answer " + i + " " + "y".repeat(300));
        }
        say(Sender.USER, "last");
        Conversation conversation = conversation("Be kind.", 1024);
        assertThat(conversation.turns().getFirst().role()).isEqualTo(Role.SYSTEM);
        assertThat(conversation.turns().get(1).role()).as("a turn begins with what the visitor said")
                .isEqualTo(Role.USER);
        assertThat(conversation.turns().getLast()).isEqualTo(new Turn(Role.USER, "last"));
        int kept = (int) conversation.turns().stream().filter(turn -> turn.role() == Role.USER).count();
        assertThat(kept).isBetween(2, 5);
        assertThat(conversation.droppedTurns()).isEqualTo(11 - kept);
    }

    @Test
    void whatAHumanSaidFirstOfAllIsKnown() {
        say(Sender.SYSTEM, "Anna has joined the conversation");
        say(Sender.MANAGER, "Hello, I saw your order.");
        say(Sender.USER, "what about it?");
        assertThat(conversation("", 4096).turns()).hasSize(2);
    }

    @Test
    void theQuestionItselfIsAlwaysAsked() {
        say(Sender.USER, "z".repeat(9000));
        assertThat(conversation("", 512).turns()).hasSize(1);
        assertThat(conversation("", 512).droppedTurns()).isZero();
    }

    private void say(Sender sender, String text) {
        log.addFirst(new Message(1, log.size() + 1, 1, Message.Kind.MESSAGE, sender, "1",
                sender == Sender.MANAGER ? "Anna" : null,
                "c", text, null, null, 0, Instant.EPOCH));
    }

    private Conversation conversation(String systemPrompt, int tokens) {
        return Conversation.of(systemPrompt, log, tokens);
    }
}
