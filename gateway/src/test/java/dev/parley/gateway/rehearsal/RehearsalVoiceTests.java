package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RehearsalVoiceTests {

    private static final List<String> TALK = List.of("Hi there", "Who are you?", "Can you help me with my order?",
            "Thanks",
            "Bye – and thank you for all of your patience today, dear machine");

    @Test
    void everyAnswerSaysWhatItIsAndShowsThatItHasRead() {
        assertThat(answers(TALK))
                .allSatisfy(answer -> assertThat(answer).contains("rehearsal model").contains("no language model"));
        assertThat(answers(TALK).get(0)).contains("“Hi there”").contains("This is your first message to me.");
        assertThat(answers(TALK).get(2)).contains("“Can you help me with my…”").contains("3 messages");
    }

    @Test
    void everyAnswerIsOfAPleasantLength() {
        assertThat(answers(TALK)).allSatisfy(answer -> assertThat(answer.split("\\s+", -1)).hasSizeBetween(40, 80));
    }

    @Test
    void everyAnswerHasCharactersOfTwoThreeAndFourBytes() {
        assertThat(answers(TALK)).allSatisfy(answer -> assertThat(answer.codePoints()
                .mapToObj(Character::toString)
                .map(character -> character.getBytes(StandardCharsets.UTF_8).length)).contains(2, 3, 4));
    }

    @Test
    void noTwoAnswersInARowAreAlike() {
        assertThat(answers(List.of("a", "a", "a", "a")).stream().map(answer -> answer.replaceAll("\\d|[“”a]", "")))
                .doesNotHaveDuplicates();
    }

    @Test
    void theSameConversationGetsTheSameAnswer() {
        assertThat(answers(TALK)).isEqualTo(answers(TALK));
    }

    @Test
    void aLongOrManyLinedTextIsQuotedInPart() {
        assertThat(RehearsalVoice.answerTo(List.of("first\n\nsecond"))).contains("“first second”");
        assertThat(RehearsalVoice.answerTo(List.of("🙂".repeat(500)))).contains("“" + "🙂".repeat(40) + "…”");
    }

    @Test
    void saysExactlyWhatItIsToldTo() {
        assertThat(RehearsalVoice.answerTo(List.of("Hi", "/say  two  spaces\nand a line ")))
                .isEqualTo(" two  spaces\nand a line ");
        assertThat(RehearsalVoice.answerTo(List.of("/say "))).isEmpty();
    }

    @Test
    void speaksAsLongAsItIsToldTo() {
        assertThat(RehearsalVoice.answerTo(List.of("/long 3"))).isEqualTo("word1 word2 word3");
        assertThat(RehearsalVoice.tokens(RehearsalVoice.answerTo(List.of("/long 3")))).containsExactly("word1",
                " word2", " word3");
        assertThat(RehearsalVoice.answerTo(List.of("/long 999999"))).endsWith(" word20000");
        assertThat(RehearsalVoice.answerTo(List.of("/long ago"))).contains("“/long ago”");
    }

    @Property
    void tokensAreTheAnswerWithoutLossAndNeverHalfACharacter(@ForAll String answer) {
        List<String> tokens = RehearsalVoice.tokens(answer);

        assertThat(String.join("", tokens)).isEqualTo(answer);
        assertThat(tokens).noneMatch(String::isEmpty);
        assertThat(tokens.stream().mapToInt(token -> token.codePointCount(0, token.length())).sum())
                .as("characters: a pair that is cut counts twice")
                .isEqualTo(answer.codePointCount(0, answer.length()));
    }

    @Test
    void aMessageMayAskForAFault() {
        assertThat(Stream
                .of("/fault bad", "/fault missing", "/fault broken", "/fault busy", "/fault error 2", "/fault end",
                        " /fault reset 0 ", "/fault stall 7", "/fault garbage", "/fault overlong 1", "/fault nonsense",
                        "/fault", "a /fault bad")
                .map(message -> Optional.ofNullable(Fault.asked(message, "m")))
                .map(fault -> fault.map(Object.class::cast).orElse("none"))).containsExactly(Fault.bad("m"),
                        Fault.missing("m"),
                        Fault.broken(), Fault.busy(), new Fault.ErrorLine(2, Fault.RUNNER_STOPPED),
                        new Fault.EndsEarly(5),
                        new Fault.Resets(0), new Fault.Stalls(7), new Fault.Garbage(5), Fault.overlong(1), "none",
                        "none", "none");
    }

    /** What is answered to each message of a conversation in turn. */
    private static List<String> answers(List<String> messages) {
        return IntStream.rangeClosed(1, messages.size())
                .mapToObj(n -> RehearsalVoice.answerTo(messages.subList(0, n)))
                .toList();
    }
}
