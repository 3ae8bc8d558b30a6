package dev.parley.gateway.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventDataTests {

    @Test
    void anEventEndsWithABlankLine() {
        assertThat(found("data: a", "", "data: b", "", "", "")).containsExactly("a", "b");
    }

    @Test
    void oneSpaceAfterTheColonIsNotData() {
        assertThat(found("data:a", "", "data: a", "", "data:  a ", "")).containsExactly("a", "a", " a ");
    }

    @Test
    void linesMayEndInTheWayOfWindows() {
        assertThat(found("data: a\r", "\r", "data: b\r", "\r")).containsExactly("a", "b");
    }

    @Test
    void anEventMayHaveManyLinesOfData() {
        assertThat(found("data: a", "data:", "data: b", "")).containsExactly("a\n\nb");
    }

    @Test
    void whatIsNotDataIsPassedOver() {
        assertThat(found(": ping", "", "event: x", "id: 1", "retry: soon", "", "dat: a", " data: b", "data-c", "",
                ":data: d", "", "data: e", "")).containsExactly("e");
    }

    @Test
    void aByteOrderMarkStandsBeforeTheFirstLineOnly() {
        assertThat(found("\uFEFFdata: a", "", "\uFEFFdata: b", "")).containsExactly("a");
    }

    @Test
    void aFailureThatIsAFieldOfItsOwnBecomesData() {
        assertThat(found("error: {\"message\":\"no room\"}", ""))
                .containsExactly("{\"error\":{\"message\":\"no room\"}}");
    }

    @Test
    void whatWasNotEndedIsTheRest() {
        var events = new EventData(100);

        assertThat(events.take("data: a\n".getBytes(UTF_8))).isNull();
        assertThat(events.take("data: b".getBytes(UTF_8))).isNull();
        assertThat(events.rest()).isEqualTo("a\nb");
        assertThat(events.rest()).isNull();
    }

    @Test
    void anEventOfTooManyLinesIsAFailure() {
        var events = new EventData(10);
        events.take("data: 1234\n".getBytes(UTF_8));
        events.take("data: 5678\n".getBytes(UTF_8));

        assertThatThrownBy(() -> events.take("data: 9\n".getBytes(UTF_8))).isInstanceOfSatisfying(ModelException.class,
                e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.FAILED));
    }

    private static List<String> found(String... lines) {
        var events = new EventData(1000);
        var found = new ArrayList<String>();
        for (String line : lines) {
            String data = events.take((line + "\n").getBytes(UTF_8));
            if (data != null) {
                found.add(data);
            }
        }
        return found;
    }
}
