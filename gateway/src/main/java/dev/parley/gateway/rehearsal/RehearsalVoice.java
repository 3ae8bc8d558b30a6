package dev.parley.gateway.rehearsal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the rehearsal model says. The same messages of a person always get the same answer: one that tells what it is, shows
 * that it was read, and holds characters of two, three and four bytes. {@code /say <text>} is answered by exactly that text
 * and {@code /long <n>} by {@code word1 word2 …} up to n, at most {@value #MOST_WORDS}.
 */
final class RehearsalVoice {

    static final int MOST_WORDS = 20_000;

    private static final String SAY = "/say ";
    private static final Pattern LONG = Pattern.compile("/long (\\d{1,6})\\s*");

    /** A token is white space and some characters after it, like those of a real model. */
    private static final Pattern TOKEN = Pattern.compile("\\s*\\S{1,12}|\\s+");

    private static final int QUOTED_WORDS = 6;
    private static final int QUOTED_CHARACTERS = 40;

    /** With the quote and the sentence that counts; 40 to 80 words each. */
    private static final List<String> ANSWERS = List.of(
            """
                    Hello – you wrote “%s”. I am the rehearsal model: no language model runs here, so please do not take me for a clever \
                    one. Still, these words reach you exactly as a real answer would, token by token, over Ollama’s own protocol. %s \
                    Go on, ask me anything: like every good café, I am open 🙂""",
            """
                    “%s” – noted, with all the care of a small café 🍰 There is no language model behind it, though: I am the rehearsal \
                    model, and I only show how an answer grows on the page. %s Start Ollama before the gateway, and a real model will \
                    speak in my place.""",
            """
                    I would love to tell you more about “%s”, but I am the rehearsal model, and no language model runs here. What you can \
                    try is all that surrounds an answer – stop it, reload the page, let an operator take over – and see that not one word \
                    is lost. %s Voilà 🙂""",
            """
                    “%s”: a naïve machine would now pretend that it understood. I am only the rehearsal model; no language model runs \
                    here. %s Write “/long 200” to watch a long answer grow, or “/say” and a sentence of your own, and I repeat it to \
                    the letter – é, ü and ñ included 🎭""");

    private RehearsalVoice() {}

    /** The whole answer to the last of a person's messages, oldest first. */
    static String answerTo(List<String> userTexts) {
        if (userTexts.isEmpty()) {
            return "";
        }
        String last = userTexts.getLast();
        if (last.startsWith(SAY)) {
            return last.substring(SAY.length());
        }
        Matcher words = LONG.matcher(last);
        if (words.matches()) {
            int count = Math.min(Integer.parseInt(words.group(1)), MOST_WORDS);
            return IntStream.rangeClosed(1, count).mapToObj(n -> "word" + n).collect(Collectors.joining(" "));
        }
        // By the first message and the number of them: whoever goes on talking hears another one each time.
        int which = Math.floorMod(userTexts.getFirst().hashCode() + userTexts.size(), ANSWERS.size());
        return ANSWERS.get(which).formatted(quote(last), count(userTexts.size()));
    }

    /** The answer in the pieces in which it is sent; together they are the answer. */
    static List<String> tokens(String answer) {
        var tokens = new ArrayList<String>();
        Matcher token = TOKEN.matcher(answer);
        while (token.find()) {
            tokens.add(token.group());
        }
        return tokens;
    }

    private static String count(int messages) {
        return messages == 1
                ? "This is your first message to me."
                : "That makes " + messages + " messages of yours that I remember.";
    }

    private static String quote(String text) {
        String[] words = text.strip().split("\\s+", -1);
        String start = Arrays.stream(words).limit(QUOTED_WORDS).collect(Collectors.joining(" "));
        boolean whole = words.length <= QUOTED_WORDS && start.codePointCount(0, start.length()) <= QUOTED_CHARACTERS;
        return whole
                ? start
                : start.codePoints()
                        .limit(QUOTED_CHARACTERS)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append) + "…";
    }
}
