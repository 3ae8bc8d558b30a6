package dev.parley.gateway.capacity;

/**
 * What people do in the busiest hour: assumptions, to be replaced by what one's own people do. Each is set by
 * {@code -Dname=number}.
 *
 * @param messages of people, for each connection and hour
 * @param answered of a hundred messages of people, those that an assistant answers
 * @param tokens of an answer
 * @param tokensPerSecond of a model, for one answer
 * @param firstToken seconds until the first one
 * @param followers of a dialog while somebody speaks in it
 * @param elsewhere of a hundred dialogs, those that are followed on two nodes
 * @param life of a connection, in minutes: from one page, or one network, to the next
 * @param receipts rows of marks for each message
 * @param perNode connections that a node is to hold: more were not tried, and all of them come back at once where it dies
 * @param hoursADay how many busiest hours a day is worth
 * @param daysKept of messages
 */
record Rates(double messages, double answered, double tokens, double tokensPerSecond, double firstToken,
        double followers, double elsewhere, double life, double receipts, double perNode, double hoursADay,
        double daysKept) {

    static Rates given() {
        return new Rates(Given.number("messages", 6), Given.number("answered", 60), Given.number("tokens", 250),
                Given.number("tokensPerSecond", 40), Given.number("firstToken", 0.5), Given.number("followers", 1.2),
                Given.number("elsewhere", 10), Given.number("life", 10), Given.number("receipts", 1),
                Given.number("perNode", 20_000), Given.number("hoursADay", 8), Given.number("daysKept", 365));
    }

    /** Seconds that an answer holds a slot. */
    double answerLength() {
        return firstToken + tokens / tokensPerSecond;
    }
}
