package dev.parley.gateway.model;

/**
 * Takes a leading {@code <think>…</think>} out of an answer. Models are told not to think, and Ollama keeps the thoughts of
 * those that do all the same in a field of their own; but of a model that it does not know to be a thinking one (an own
 * import, an older Ollama) they come as the beginning of the answer, and nobody is to be shown them.
 *
 * <p>It holds back at most the leading white space and the beginning of a tag. One for each answer; not thread-safe.
 */
final class ThinkingFilter {

    private static final String OPEN = "<think>";
    private static final String CLOSE = "</think>";

    private enum Place {
        BEGINNING, THOUGHTS, AFTER_THOUGHTS, ANSWER
    }

    private Place place = Place.BEGINNING;
    private String held = "";

    /** What of the next piece, and of pieces held back, is the answer. */
    String visible(String piece) {
        if (place == Place.ANSWER) {
            return piece;
        }
        held += piece;
        if (place == Place.BEGINNING) {
            String begun = held.stripLeading();
            if (begun.startsWith(OPEN)) {
                place = Place.THOUGHTS;
                held = begun.substring(OPEN.length());
            } else if (!OPEN.startsWith(begun)) {
                place = Place.ANSWER;
                return rest();
            }
        }
        if (place == Place.THOUGHTS) {
            int close = held.indexOf(CLOSE);
            if (close >= 0) {
                place = Place.AFTER_THOUGHTS;
                held = held.substring(close + CLOSE.length());
            } else {
                held = held.substring(Math.max(0, held.length() - CLOSE.length() + 1));
            }
        }
        if (place == Place.AFTER_THOUGHTS) {
            held = held.stripLeading();
            if (!held.isEmpty()) {
                place = Place.ANSWER;
                return rest();
            }
        }
        return "";
    }

    /** What was held back and turns out to be the answer's, now that nothing more comes. */
    String rest() {
        String rest = place == Place.THOUGHTS ? "" : held;
        held = "";
        return rest;
    }
}
