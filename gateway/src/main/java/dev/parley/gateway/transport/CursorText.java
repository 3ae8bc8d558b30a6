package dev.parley.gateway.transport;

/**
 * Reads what {@link Cursor#text} has written, from its beginning to its end. By hand: every poll brings one, and a pattern was
 * a tenth of all that a poll costs. What is not as it should be is only noted, and to be asked for at the end.
 */
final class CursorText {

    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_MARK = 8;

    private final String text;
    private int at;
    private boolean wrong;

    CursorText(String text) {
        this.text = text;
    }

    /** Whether anything was not as it should be, or something is left. */
    boolean isWrong() {
        return wrong || at < text.length();
    }

    boolean skip(char expected) {
        boolean isHere = at < text.length() && text.charAt(at) == expected;
        at += isHere ? 1 : 0;
        return isHere;
    }

    void expect(char expected) {
        wrong |= !skip(expected);
    }

    /** A number of so many digits at most. */
    long number(int mostDigits) {
        int start = at;
        long number = 0;
        while (at < text.length() && at - start < mostDigits && isDigit(text.charAt(at))) {
            number = 10 * number + text.charAt(at) - '0';
            at++;
        }
        wrong |= at == start;
        return number;
    }

    /** A request id. */
    String name() {
        int start = at;
        while (at < text.length() && at - start < LONGEST_NAME && isOfName(text.charAt(at))) {
            at++;
        }
        return since(start);
    }

    /** A {@link PeopleShown#mark()}. */
    String mark() {
        int start = at;
        int digits = skip('t') ? at : start;
        while (at < text.length() && at - digits < LONGEST_MARK && isHexDigit(text.charAt(at))) {
            at++;
        }
        wrong |= at == digits;
        return since(start);
    }

    private String since(int start) {
        wrong |= at == start;
        return text.substring(start, at);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isHexDigit(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f');
    }

    private static boolean isOfName(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    }
}
