package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which questions are first ones, and which of them are the same. */
class FirstQuestionTests {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");

    private final List<Message> log = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({"When are you open?,when are you open", "'  When\t are\u00a0you\r\n open ?! ',when are you open",
            "WHEN ARE YOU OPEN…,when are you open", "Cafe\u0301?,caf\u00e9", "何時ですか？,何時ですか",
            "ΠΟΥ ΕΙΣΑΙ;,που εισαι;"})
    void whatDiffersFromHandToHandMakesNoOtherQuestion(String written, String normalised) {
        assertThat(FirstQuestion.normalised(written)).isEqualTo(normalised);
        assertThat(FirstQuestion.normalised(normalised)).isEqualTo(normalised);
    }

    @ParameterizedTest
    @CsvSource({"What is 10²?,What is 102?", "What is 5!,What is 5", "What is 5!!,What is 5!", "Maße?,Masse?",
            "sıkıldım,sikildim", "resume,résumé", "is it C,is it C++", "a.b,ab", "?,!"})
    void whatMayMakeADifferenceToTheAnswerIsAnotherQuestion(String one, String other) {
        assertThat(FirstQuestion.normalised(one)).isNotEqualTo(FirstQuestion.normalised(other));
    }

    @Test
    void anythingThatTheAnswerDependsOnMakesAnotherQuestion() {
        say(Sender.USER, "hello");
        Optional<FirstQuestion> question = question(1, "Be kind.", MODEL);
        assertThat(question).isPresent()
                .isEqualTo(question(1, "Be kind.", MODEL))
                .isNotEqualTo(question(2, "Be kind.", MODEL))
                .isNotEqualTo(question(1, "Be brief.", MODEL))
                .isNotEqualTo(question(1, "Be kind.", new ModelName(ModelKind.OLLAMA, "mistral")))
                .isNotEqualTo(question(1, "Be kind.", new ModelName(ModelKind.OPENAI, "llama3.2")));
    }

    @Test
    void aNoticeBeforeItIsNothingThatWasSaid() {
        say(Sender.SYSTEM, "Anna has left the conversation");
        say(Sender.USER, "hello");
        assertThat(question()).isPresent();
    }

    @Test
    void aSecondQuestionIsNoFirstOne() {
        say(Sender.USER, "hello");
        say(Sender.USER, "hello?");
        assertThat(question()).isEmpty();
    }

    @Test
    void norIsOneThatAHumanSpokeBefore() {
        say(Sender.MANAGER, "Hello, I saw your order.");
        say(Sender.USER, "hello");
        assertThat(question()).isEmpty();
    }

    @Test
    void norIsOneWhoseDialogWasNotSeenFromItsBeginning() {
        say(Sender.MANAGER, "Hello, I saw your order.");
        say(Sender.SYSTEM, "Anna has left the conversation");
        say(Sender.USER, "hello");
        log.removeLast();
        assertThat(question()).isEmpty();
    }

    @Test
    void norIsOneThatAnAnswerIsAskedForOnceMore() {
        say(Sender.USER, "hello");
        assertThat(FirstQuestion.of(ticket("another"), speaker(1, "Be kind.", MODEL), conversation())).isEmpty();
    }

    private void say(Sender sender, String text) {
        int seq = log.size() + 1;
        log.addFirst(new Message(1, seq, seq, Message.Kind.MESSAGE, sender, "1", null, "c", text, null,
                sender == Sender.USER ? "r" + seq : null, 0, Instant.EPOCH));
    }

    private Optional<FirstQuestion> question() {
        return question(1, "Be kind.", MODEL);
    }

    private Optional<FirstQuestion> question(long assistantId, String prompt, ModelName model) {
        return FirstQuestion.of(ticket("r" + log.getFirst().seq()), speaker(assistantId, prompt, model),
                conversation());
    }

    private Conversation conversation() {
        return Conversation.of("Be kind.", log, 4096);
    }

    private static Speaker speaker(long assistantId, String prompt, ModelName model) {
        return new Speaker(assistantId, "Bo", model, prompt);
    }

    private static AnswerTicket ticket(String requestId) {
        return new AnswerTicket(requestId, 1, 1, 0, MODEL, "v_1", AnswerClass.INTERACTIVE, Instant.EPOCH);
    }
}
