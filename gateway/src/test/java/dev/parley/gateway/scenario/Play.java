package dev.parley.gateway.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Judge;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Plays a scenario over one carrier. Its words, where {@code tab} and {@code console} are any names:
 *
 * <pre>
 * tab follows [from 1] [with echo] [over sse] | console follows as operator     from 0 where it does not say
 * tab is cut | tab hangs up | tab comes back [over the next transport]          a reset; a FIN
 * tab changes to the next transport | the transport before | web socket | sse | poll
 * tab says q1: "Hello"                       and waits until it is acknowledged; q1 names it, and the answer to it
 * tab is told conflict for q1: "Hello"       says it, and is refused
 * tab sees answer q1: "Good"                 waits until just that has grown
 * tab sees the end of q1: cancelled | tab sees message 3 | tab sees handoff_started
 * tab types until console sees it | tab stops typing until console sees it
 * tab cancels q1 | tab asks for a human | console takes over | gives back | closes | reopens
 * tab asks again for q1 as q2 | console is refused an answer to q1: conflict
 * model is asked q1 | is not asked q1 | answers q1: "Good" | ends q1 | breaks off q1 | is left with q1
 * </pre>
 *
 * In the end all who follow have the log that the scenario tells, as much of it as they may see.
 */
final class Play implements AutoCloseable {

    private static final String QUOTED = "\"(.*)\"";

    private final FollowedDialog asVisitor;
    private final FollowedDialog asOperator;
    private final ScriptedModel model;
    private final Carrier first;
    private final String mark;
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final Map<String, String> questions = new LinkedHashMap<>();
    private final Map<String, String> requests = new LinkedHashMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private Optional<Follower.Cut> cut = Optional.empty();

    private record Part(Follower follower, FollowedDialog dialog, long since) {}

    private record Rule(Pattern words, Action action) {}

    private interface Action {
        void act(Matcher step) throws IOException;
    }

    /** @param number makes the questions of this play its own, so that the model can tell them from another's */
    Play(FollowedDialog asVisitor, FollowedDialog asOperator, ScriptedModel model, Carrier first, int number) {
        this.asVisitor = asVisitor;
        this.asOperator = asOperator;
        this.model = model;
        this.first = first;
        this.mark = " #" + number;
        rulesOfFollowing();
        rulesOfSpeaking();
        rulesOfSeeing();
        rulesOfTheModel();
    }

    /** Lets the first to follow be cut once, where the scenario says nothing of it. */
    Play cutting(Follower.Cut planned) {
        cut = Optional.of(planned);
        return this;
    }

    private void rulesOfFollowing() {
        rule("(\\w+) follows( as operator)?(?: from (\\d+))?( with echo)?(?: over (.+))?", step -> {
            FollowedDialog seen = step.group(2) != null ? asOperator : asVisitor;
            FollowedDialog dialog = new FollowedDialog(seen.address(), seen.audience(), seen.id(), seen.token(),
                    step.group(4) != null, 0);
            long since = step.group(3) == null ? 0 : Long.parseLong(step.group(3));
            Follower follower = Follower.since(dialog, since);
            if (parts.isEmpty()) {
                cut.ifPresent(follower::plan);
            }
            assertThat(parts.put(step.group(1), new Part(follower, dialog, since))).isNull();
            follower.start(step.group(5) == null ? first : carrier(step.group(5), first));
        });
        rule("(\\w+) changes to (.+)", step -> {
            Follower follower = follower(step);
            follower.stop(Wire.Ending.FIN);
            follower.start(carrier(step.group(2), follower.carrier()));
        });
        rule("(\\w+) is cut", step -> follower(step).stop(Wire.Ending.RESET));
        rule("(\\w+) hangs up", step -> follower(step).stop(Wire.Ending.FIN));
        rule("(\\w+) comes back(?: over (.+))?", step -> {
            Carrier last = follower(step).carrier();
            follower(step).start(step.group(2) == null ? last : carrier(step.group(2), last));
        });
    }

    private static Carrier carrier(String name, Carrier last) {
        return switch (name) {
            case "the next transport" -> last.next();
            case "the transport before" -> last.previous();
            case "web socket" -> Carrier.WEB_SOCKET;
            case "sse" -> Carrier.SSE;
            case "poll" -> Carrier.POLL;
            default -> throw new IllegalArgumentException("no transport: " + name);
        };
    }

    private void rulesOfSpeaking() {
        rule("(\\w+) says (\\w+): " + QUOTED, step -> {
            JsonNode reply = say(step);
            assertThat(reply.has("seq")).as(reply.toString()).isTrue();
            String requestId = reply.path("answer").path("request_id").asString("");
            if (!requestId.isEmpty()) {
                requests.put(step.group(2), requestId);
            }
        });
        rule("(\\w+) is told (\\w+) for (\\w+): " + QUOTED, step -> {
            String text = step.group(4) + mark;
            assertThat(follower(step).say(step.group(3), text).path("code").asString("")).isEqualTo(step.group(2));
        });
        rule("(\\w+) cancels (\\w+)",
                step -> follower(step).send(Map.of("type", "cancel", "request_id", request(step.group(2)))));
        rule("(\\w+) asks for a human", step -> request(step, "POST", "/handoff"));
        rule("(\\w+) takes over", step -> request(step, "POST", "/handoff"));
        rule("(\\w+) gives back", step -> request(step, "DELETE", "/handoff"));
        rule("(\\w+) closes", step -> request(step, "POST", "/close"));
        rule("(\\w+) reopens", step -> request(step, "POST", "/reopen"));
        rule("(\\w+) asks again for (\\w+) as (\\w+)", step -> {
            JsonNode asked = follower(step).post("/answers", Map.of());
            assertThat(asked.path("http_status").asInt()).as(asked.toString()).isEqualTo(202);
            requests.put(step.group(3), asked.path("request_id").asString());
            questions.put(step.group(3), question(step.group(2)));
        });
        rule("(\\w+) is refused an answer to \\w+: (\\w+)", step -> assertThat(
                follower(step).post("/answers", Map.of()).path("code").asString("")).isEqualTo(step.group(2)));
        rule("(\\w+) (types|stops typing) until (\\w+) sees it", this::type);
    }

    private JsonNode say(Matcher step) {
        String text = step.group(3) + (isOperator(step.group(1)) ? "" : mark);
        questions.put(step.group(2), text);
        return follower(step).say(step.group(2), text);
    }

    private void request(Matcher step, String method, String below) throws IOException {
        JsonNode answer = follower(step).request(method, below, Map.of());
        assertThat(answer.path("http_status").asInt()).as(answer.toString()).isEqualTo(200);
    }

    /** Says it again and again, as clients do: whoever is between two polls misses what passes by. */
    private void type(Matcher step) throws IOException {
        boolean active = step.group(2).equals("types");
        String side = isOperator(step.group(1)) ? "manager" : "user";
        Judge other = part(step.group(3)).follower().judge();
        for (int i = 0; i < 100 && other.types(side) != active; i++) {
            follower(step).type(active);
            other.awaitBriefly(judge -> judge.types(side) == active);
        }
        assertThat(other.types(side)).as("what is seen of typing").isEqualTo(active);
        assertThat(follower(step).judge().types(side)).as("what one sees of one's own typing").isFalse();
    }

    private void rulesOfSeeing() {
        rule("(\\w+) sees answer (\\w+): " + QUOTED, step -> {
            String requestId = request(step.group(2));
            follower(step).judge().await(step.group(), judge -> judge.text(requestId).equals(step.group(3)));
        });
        rule("(\\w+) sees the end of (\\w+): (\\w+)", step -> {
            String requestId = request(step.group(2));
            // Who was cut off just before it was told sees it by the message.
            follower(step).judge().await(step.group(), judge -> judge.reason(requestId).equals(step.group(3))
                    || (cut.isPresent() && judge.isOver(requestId)));
        });
        rule("(\\w+) sees message (\\d+)", step -> follower(step).judge().await(step.group(),
                judge -> judge.last() >= Long.parseLong(step.group(2))));
        rule("(\\w+) sees (\\w+)", step -> follower(step).judge().await(step.group(),
                judge -> judge.hasLogged(step.group(2))));
    }

    private void rulesOfTheModel() {
        rule("model is asked (\\w+)", step -> model.isAsked(question(step.group(1))));
        rule("model is not asked (\\w+)", step -> assertThat(model.wasAsked(question(step.group(1)))).isFalse());
        rule("model answers (\\w+): " + QUOTED, step -> model.says(question(step.group(1)), step.group(2)));
        rule("model ends (\\w+)", step -> {
            model.ends(question(step.group(1)));
            model.isLeft(question(step.group(1)));
            model.forget(question(step.group(1)));
        });
        rule("model breaks off (\\w+)", step -> {
            model.breaksOff(question(step.group(1)));
            model.forget(question(step.group(1)));
        });
        rule("model is left with (\\w+)", step -> model.isLeft(question(step.group(1))));
    }

    private void rule(String words, Action action) {
        // Those of the model come last and go first: nobody else may have its name.
        rules.addFirst(new Rule(Pattern.compile(words), action));
    }

    /** Plays all of it, and compares what everybody has been told. */
    void run(Scenario scenario) {
        for (Scenario.Step step : scenario.steps()) {
            try {
                act(step.text());
            } catch (AssertionError | IOException | RuntimeException wrong) {
                throw new AssertionError("%s.txt, line %d, %s: %s".formatted(scenario.name(), step.line(), step.text(),
                        wrong.getMessage()), wrong);
            }
        }
        parts.forEach((name, part) -> {
            List<String> expected = scenario.log()
                    .stream()
                    .filter(line -> isShownTo(part, line))
                    .toList();
            part.follower().judge().await("the end of the log for " + name,
                    judge -> judge.log().size() >= expected.size());
            assertThat(part.follower().judge().log().stream().map(this::canonical)).as("what %s was told", name)
                    .containsExactlyElementsOf(expected);
        });
    }

    private static boolean isShownTo(Part part, String line) {
        String[] words = line.split(" ", -1);
        boolean own = words[1].equals("user") && !part.dialog().echo() && !part.dialog().audience().isEmpty();
        return !own && Long.parseLong(words[0]) > part.since();
    }

    private void act(String step) throws IOException {
        for (Rule rule : rules) {
            Matcher words = rule.words().matcher(step);
            if (words.matches()) {
                rule.action().act(words);
                return;
            }
        }
        throw new IllegalArgumentException("no step that anybody knows");
    }

    private String canonical(JsonNode event) {
        String type = event.path("type").asString();
        List<String> words = new ArrayList<>(List.of(event.path("seq").asString(),
                type.equals("message") ? event.path("sender").asString() : type));
        words.add(type.equals("message") ? label(event) : "");
        words.add(event.path("state").asString(""));
        words.add('"' + event.path("text").asString().replace(mark, "") + '"');
        return String.join(" ", words.stream().filter(word -> !word.isEmpty()).toList());
    }

    private String label(JsonNode message) {
        String requestId = message.path("request_id").asString("");
        return requests.entrySet()
                .stream()
                .filter(named -> named.getValue().equals(requestId))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(message.path("client_msg_id").asString("unknown"));
    }

    /** How many pieces the first to follow has been given. */
    int pieces() {
        return parts.values().iterator().next().follower().pieces();
    }

    private Part part(String name) {
        return Optional.ofNullable(parts.get(name))
                .orElseThrow(() -> new IllegalArgumentException("nobody by the name of " + name));
    }

    private Follower follower(Matcher step) {
        return part(step.group(1)).follower();
    }

    private boolean isOperator(String name) {
        return part(name).dialog().audience().isEmpty();
    }

    private String question(String label) {
        return Optional.ofNullable(questions.get(label))
                .orElseThrow(() -> new IllegalArgumentException("nobody has said " + label));
    }

    private String request(String label) {
        return Optional.ofNullable(requests.get(label))
                .orElseThrow(() -> new IllegalArgumentException("nobody was to answer " + label));
    }

    @Override
    public void close() {
        parts.values().forEach(part -> part.follower().close());
        questions.values().forEach(model::forget);
    }
}
