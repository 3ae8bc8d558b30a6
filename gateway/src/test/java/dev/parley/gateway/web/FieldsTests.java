package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class FieldsTests {

    @Test
    void aLineIsStrippedAndBounded() {
        assertThat(Fields.line("name", "  Ada ", 1, 3)).isEqualTo("Ada");
        refused(() -> Fields.line("name", "   ", 1, 3), "name: 0 characters (expected: 1 to 3)");
        refused(() -> Fields.line("name", "Adam", 1, 3), "name: 4 characters (expected: 1 to 3)");
        refused(() -> Fields.line("name", null, 1, 3), "name: is needed");
    }

    @Test
    void aLineHasNoControlCharacters() {
        refused(() -> Fields.line("name", "A\nB", 1, 10), "name: may not hold control characters");
        refused(() -> Fields.line("name", "A\0B", 1, 10), "name: may not hold control characters");
        refused(() -> Fields.line("name", "A\u0085B", 1, 10), "name: may not hold control characters");
    }

    @Test
    void aTextKeepsItsLinesButTakesNoZero() {
        assertThat(Fields.text("text", " a\nb ", 0, 10)).isEqualTo(" a\nb ");
        refused(() -> Fields.text("text", "a\0b", 0, 10), "text: may not hold the character U+0000");
    }

    @Test
    void anIdIsPositive() {
        assertThat(Fields.id("dialog_id", 3L)).isEqualTo(3);
        refused(() -> Fields.id("dialog_id", 0L), "dialog_id: expected a positive number");
        refused(() -> Fields.id("dialog_id", null), "dialog_id: is needed");
    }

    private static void refused(ThrowingCallable check, String detail) {
        assertThatExceptionOfType(ProblemException.class).isThrownBy(check)
                .withMessage(detail)
                .satisfies(refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_REQUEST));
    }
}
