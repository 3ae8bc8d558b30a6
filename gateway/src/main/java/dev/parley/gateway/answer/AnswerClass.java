package dev.parley.gateway.answer;

import java.util.Locale;

/**
 * How urgent answers are, by who waits for them. Where several classes wait, starts are shared among them by weight, so each
 * gets on, the less urgent slower.
 */
enum AnswerClass {

    /** Asked for by somebody who serves others meanwhile. */
    OPERATOR(8),
    /** A visitor looks at the screen. */
    INTERACTIVE(4),
    /** Nobody waits for it. */
    BATCH(1);

    private static final int HEAVIEST = 8;

    private final int weight;

    AnswerClass(int weight) {
        this.weight = weight;
    }

    int weight() {
        return weight;
    }

    /** What one start costs: the class that has paid least is next. */
    int stride() {
        return HEAVIEST / weight;
    }

    /** The name in the table. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The class with this name. */
    static AnswerClass of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
