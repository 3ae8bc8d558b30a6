package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.problem.ProblemException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTests {

    private static final long DIALOG = 42;
    private static final long NEWEST = 1_000;

    @Property
    void whatIsWrittenIsReadAgain(@ForAll("cursors") Cursor cursor) {
        assertThat(Cursor.parse(cursor.text(DIALOG), DIALOG, NEWEST)).isEqualTo(cursor);
    }

    @Provide
    Arbitrary<Cursor> cursors() {
        Arbitrary<String> names = Arbitraries.strings().withCharRange('a', 'z').withCharRange('0', '9')
                .withChars('-', 'Z')
                .ofMinLength(1).ofMaxLength(64);
        Arbitrary<Map<String, Integer>> answers = Arbitraries.maps(names, Arbitraries.integers()
                .between(-999_999_999, 999_999_999)).ofMaxSize(32).map(LinkedHashMap::new)
                .map(Collections::unmodifiableMap);
        Arbitrary<String> people = Arbitraries.of("", "0", "t0", "9abcdef0", "tffffffff");
        return Combinators.combine(Arbitraries.longs().between(0, NEWEST), answers, people).as(Cursor::new);
    }

    @Test
    void aPlainSeqIsACursor() {
        assertThat(Cursor.parse("17", DIALOG, NEWEST)).isEqualTo(Cursor.at(17));
        assertThat(Cursor.parse("0", DIALOG, 0)).isEqualTo(Cursor.at(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-1", "+1", "1.5", "x", "1x", "1001", "1234567890123456789", "\u0661",
            "1@", "1@43", "1@42@42", "1@x", "1@42~", "1@42~a", "1@42~a:", "1@42~a:q", "1@42~:1", "1@42~a:-1",
            "1@42~a:1x",
            "1@42~a:1234567890", "1@42~a_b:1", "1@42~a:qq1", "1@42!", "1@42!t", "1@42!x", "1@42!ABC", "1@42!123456789",
            "1@42!1!1", "1@42!1~a:1", "1!1", "1~a:1", "1@42~a:1 "})
    void whatIsNoneOfThisDialogIsRefused(String text) {
        assertThatThrownBy(() -> Cursor.parse(text, DIALOG, NEWEST)).isInstanceOf(ProblemException.class)
                .hasMessageContaining("since: expected a cursor of this dialog, or a seq from 0 to 1000");
    }

    @Test
    void theEndOfAnAnswerIsNewUntilItWasToldEvenIfItsMessageWas() {
        AnswerFinished end = new AnswerFinished(DIALOG, "r", 0, AnswerEnd.DONE, 7L);
        Cursor before = new Cursor(7, Map.of("r", 12), "");
        assertThat(before.newIn(end)).isEqualTo(end);
        assertThat(before.after(end).newIn(end)).as("told again by whoever had not told it yet").isNull();
    }

    @Test
    void anEndWithoutAMessageIsAlwaysNew() {
        AnswerFinished end = new AnswerFinished(DIALOG, "r", 0, AnswerEnd.FAILED, null);
        assertThat(Cursor.at(7).newIn(end)).isEqualTo(end);
    }

    @Test
    void itNamesAsManyAnswersAsADialogCanHaveAndNoMore() {
        StringBuilder text = new StringBuilder("1@42");
        for (int i = 0; i < 32; i++) {
            text.append("~a").append(i).append(":1");
        }
        assertThat(Cursor.parse(text.toString(), DIALOG, NEWEST).answers()).hasSize(32);
        assertThatThrownBy(() -> Cursor.parse(text + "~b:1", DIALOG, NEWEST)).isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> Cursor.parse("1@42" + "~a:1".repeat(33), DIALOG, NEWEST))
                .isInstanceOf(ProblemException.class);
    }

    @Test
    void aNameOrANumberThatIsTooLongIsRefused() {
        assertThat(Cursor.parse("1@42~" + "a".repeat(64) + ":1", DIALOG, NEWEST).answers()).hasSize(1);
        for (String more : new String[]{"a:1", "1", "1:1"}) {
            assertThatThrownBy(() -> Cursor.parse("1@42~" + "a".repeat(64) + more, DIALOG, NEWEST))
                    .isInstanceOf(ProblemException.class);
        }
    }
}
