package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.model.ModelName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The first words of a dialog, and all else that an answer to them depends on. Two that are equal may have the same answer.
 *
 * @param promptVersion changes with the system prompt; a digest of it, for prompts may be long and these are kept
 * @param text as {@link #normalised} has it
 */
record FirstQuestion(long assistantId, String promptVersion, ModelName model, String text) {

    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    /** What ends a sentence and follows a word. After a digit it may be more than that: 5! is not 5. */
    private static final Pattern END = Pattern.compile("(?<=[^\\p{Nd}\\s.?!…。？！؟])[\\s.?!…。？！؟]+$");

    /**
     * Empty where something was said before, by whomever, or where the question did not ask for this answer itself: who asks
     * again for an answer wants another one.
     */
    static Optional<FirstQuestion> of(AnswerTicket ticket, Speaker speaker, Conversation conversation) {
        return conversation.opening()
                .filter(opening -> ticket.requestId().equals(opening.requestId()))
                .map(Message::text)
                .map(text -> new FirstQuestion(speaker.assistantId(), digest(speaker.systemPrompt()), speaker.model(),
                        normalised(text)));
    }

    /**
     * Without what differs from one hand to the other: case, white space, how accents are encoded, the mark at the end. Where
     * it may make a difference to the answer, it stays: a miss costs one more answer of the model, but a wrong hit is a wrong
     * answer. So it is NFC and not NFKC, for which 10² is 102, and the case is made small and not folded, which makes
     * Masse of the German Maße.
     */
    static String normalised(String question) {
        String composed = Normalizer.normalize(question, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        String line = SPACE.matcher(composed).replaceAll(" ").strip();
        return END.matcher(line).replaceFirst("");
    }

    /** How many characters it holds, about. */
    int length() {
        return promptVersion.length() + model.name().length() + text.length();
    }

    private static String digest(String prompt) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(prompt.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
