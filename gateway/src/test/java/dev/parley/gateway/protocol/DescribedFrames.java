package dev.parley.gateway.protocol;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Holds the frames of WebSockets against the AsyncAPI document. */
public final class DescribedFrames {

    /** Which side speaks. */
    public enum Side {
        GATEWAY("send"), CLIENT("receive");

        private final String action;

        Side(String action) {
            this.action = action;
        }
    }

    private final Described asyncApi = Described.asyncApi();

    /** What is wrong with a frame of this side over this channel, if anything is. */
    public List<String> faults(String channel, Side side, JsonNode frame) {
        return messages(channel, side).filter(message -> isMeant(message, frame)).findFirst()
                .map(message -> asyncApi.faults(message.at("/payload/$ref").asString().substring(1), frame))
                .orElseGet(() -> List.of("%s does not say %s over %s".formatted(side, frame, channel)));
    }

    /** Of what types the frames of this side over this channel can be. */
    public Set<String> types(String channel, Side side) {
        Set<String> types = new TreeSet<>();
        messages(channel, side).forEach(message -> types.add(message.path("name").asString()));
        return types;
    }

    /** Examples of all frames of this side over this channel. */
    public List<JsonNode> examples(String channel, Side side) {
        return messages(channel, side).map(message -> asyncApi.resolved(message.path("payload")))
                .flatMap(schema -> schema.path("examples").valueStream()).toList();
    }

    private Stream<JsonNode> messages(String channel, Side side) {
        Optional<JsonNode> operation = asyncApi.at("/operations").valueStream()
                .filter(one -> one.at("/channel/$ref").asString().equals("#/channels/" + channel)
                        && one.path("action").asString().equals(side.action))
                .findFirst();
        return operation.orElseThrow(() -> new AssertionError("there is no channel " + channel))
                .path("messages").valueStream()
                .map(asyncApi::resolved).map(asyncApi::resolved);
    }

    /** Several messages may have one name: those of the inbox, and those for old clients, which have no type. */
    private boolean isMeant(JsonNode message, JsonNode frame) {
        JsonNode properties = asyncApi.resolved(message.path("payload")).path("properties");
        return frame.path("type").asString("message").equals(message.path("name").asString())
                && frame.has("type") == properties.has("type")
                && frame.has("inbox") == properties.has("inbox");
    }
}
