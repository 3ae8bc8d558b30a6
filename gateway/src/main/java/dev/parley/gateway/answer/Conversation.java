package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What the model gets to know of a dialog: the system prompt, and as many of the newest turns as fit its context, each whole.
 * A turn is what the visitor said and all that was said in reply. Humans' words are the model's own side of the conversation,
 * with the name of who said them, so that it knows after a hand-back what was said in its place.
 *
 * @param turns oldest first, the system prompt before them
 * @param droppedTurns turns that did not fit
 * @param opening what is to be answered, where nobody has ever said anything else
 */
record Conversation(List<Turn> turns, int droppedTurns, Optional<Message> opening) {

    /** Characters that make a token in most languages; rather too few, for too long a prompt is cut off by the model. */
    private static final int CHARACTERS_PER_TOKEN = 3;
    private static final int TOKENS_PER_MESSAGE = 8;

    /** The part of the context that is left to the answer. */
    private static final double SHARE_OF_ANSWER = 0.25;

    /** Whether more than these do not fit. */
    static boolean fills(String systemPrompt, List<Message> messages, int contextTokens) {
        return messages.stream().mapToInt(message -> tokens(message.text())).sum() > budget(systemPrompt,
                contextTokens);
    }

    private static int budget(String systemPrompt, int contextTokens) {
        return (int) (contextTokens * (1 - SHARE_OF_ANSWER)) - tokens(systemPrompt);
    }

    /** So many turns more were left out. */
    Conversation dropping(int more) {
        return new Conversation(turns, droppedTurns + more, opening);
    }

    /**
     * @param newestFirst the dialog's messages, the one to be answered first
     * @param contextTokens the size of the model's context
     */
    static Conversation of(String systemPrompt, List<Message> newestFirst, int contextTokens) {
        int budget = budget(systemPrompt, contextTokens);
        List<Turn> kept = new ArrayList<>();
        List<Turn> turn = new ArrayList<>();
        int turnTokens = 0;
        int dropped = 0;
        for (Message message : newestFirst) {
            if (message.sender() == Sender.SYSTEM) {
                continue;
            }
            turn.add(turn(message));
            turnTokens += tokens(message.text());
            if (message.sender() == Sender.USER) {
                // The question itself is always asked, however little room there is.
                if (dropped == 0 && (turnTokens <= budget || kept.isEmpty())) {
                    kept.addAll(turn);
                    budget -= turnTokens;
                } else {
                    dropped++;
                }
                turn.clear();
                turnTokens = 0;
            }
        }
        // What was said before the visitor said anything, where the log's beginning was seen.
        if (!turn.isEmpty() && newestFirst.getLast().seq() == 1) {
            if (dropped == 0 && turnTokens <= budget) {
                kept.addAll(turn);
            } else {
                dropped++;
            }
        }
        if (!systemPrompt.isBlank()) {
            kept.add(new Turn(Role.SYSTEM, systemPrompt));
        }
        Collections.reverse(kept);
        return new Conversation(List.copyOf(kept), dropped, opening(newestFirst));
    }

    /** None where the log's beginning was not seen: who knows what was said there. */
    private static Optional<Message> opening(List<Message> newestFirst) {
        List<Message> said = newestFirst.stream().filter(message -> message.sender() != Sender.SYSTEM).toList();
        return said.size() == 1 && newestFirst.getLast().seq() == 1
                ? Optional.of(said.getFirst()).filter(message -> message.sender() == Sender.USER)
                : Optional.empty();
    }

    private static Turn turn(Message message) {
        return switch (message.sender()) {
            case USER -> new Turn(Role.USER, message.text());
            case ASSISTANT -> new Turn(Role.ASSISTANT, message.text());
            case MANAGER ->
                new Turn(Role.ASSISTANT, "[%s, a human colleague] %s".formatted(message.senderName(), message.text()));
            case SYSTEM -> throw new IllegalArgumentException("system messages are not said");
        };
    }

    private static int tokens(String text) {
        return text.length() / CHARACTERS_PER_TOKEN + TOKENS_PER_MESSAGE;
    }
}
