package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.answer.Leave;
import dev.parley.gateway.dialog.Append;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.Handoffs;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.MessageLog;
import dev.parley.gateway.dialog.MessageSettings;
import dev.parley.gateway.dialog.NewMessage;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.limits.NodeLimit;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.presence.People;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * What a client may do in a dialog that it has access to, whatever carries its wish. Refusals are
 * {@link dev.parley.gateway.problem.ProblemException}s.
 */
@Component
final class DialogCommands {

    private static final int MAX_CLIENT_ID = 128;

    /** More than fingers do, in any number of dialogs at once that a person has. */
    private static final int TYPING_PER_MINUTE = 240;

    private final MessageLog log;
    private final People people;
    private final Answers answers;
    private final Handoffs handoffs;
    private final long maxTextBytes;
    private final int mostUnstored;
    private final RateLimit messages;
    private final RateLimit messagesByAddress;
    private final NodeLimit typing;

    DialogCommands(MessageLog log, People people, Answers answers, Handoffs handoffs, MessageSettings settings,
            RateLimits limits) {
        this.log = log;
        this.people = people;
        this.answers = answers;
        this.handoffs = handoffs;
        this.maxTextBytes = settings.maxTextBytes().toBytes();
        this.mostUnstored = settings.maxPendingPerDialog();
        this.messages = limits.limit("messages", Rate.perMinute(settings.perUserPerMinute()),
                "Too many messages: wait before you send the next one");
        this.messagesByAddress = limits.limit("messages_by_address", Rate.perMinute(settings.perAddressPerMinute()),
                "Too many messages from your address: wait before you send the next one");
        this.typing = limits.onThisNode("typing", Rate.perMinute(TYPING_PER_MINUTE));
    }

    /**
     * A message is stored.
     *
     * @param answer the answer that was asked for with it, if one was
     * @param answerRefused why none was asked for although one was wanted
     */
    record Posted(Message message, boolean repeated, Answers.@Nullable Asked answer,
            @Nullable ProblemException answerRefused) {

        private boolean isNew() {
            return !repeated;
        }

        private boolean hasAsked() {
            return isNew() && answer != null;
        }
    }

    /**
     * Stores a message. An operator's in a dialog that is in the assistant's hands takes it over first.
     *
     * <p>A user may send so many in a minute, then fails with {@link Problem#RATE_LIMITED}. Only what is stored counts: a
     * repeat or a message that is refused is given back, so whoever was cut off may say everything again. Until then it does
     * count, so nobody has more under way at once than the limit allows. The same holds for an address, so that nobody gets
     * around it by being somebody new.
     *
     * @param address from which it comes, as limits know it; absent: they do not hold it
     */
    Mono<Posted> post(Caller caller, @Nullable String address, long dialogId, @Nullable String clientMsgId,
            @Nullable String text) {
        return beginPost(caller, address, dialogId, clientMsgId, text, null).flatMap(storing -> storing);
    }

    /**
     * As {@link #post}, for who does not wait until one message is stored before it sends the next: ends when the message was
     * found good and was counted. What it emits hands the message to the log at once when it is subscribed to, and ends when
     * it is stored; it goes on where the subscriber leaves.
     *
     * @param floor that an operator has; without one, no message of it may follow before this one is stored
     */
    Mono<Mono<Posted>> beginPost(Caller caller, @Nullable String address, long dialogId, @Nullable String clientMsgId,
            @Nullable String text, Floors.@Nullable Floor floor) {
        return Mono.defer(() -> {
            String id = checkId(clientMsgId);
            String checked = checkText(text);
            Mono<Mono<Posted>> storing = switch (caller) {
                case Caller.Operator operator -> Mono.just(speak(operator, dialogId, id, checked, floor));
                case Caller.Visitor visitor -> beginAsking(visitor, dialogId, id, checked);
                case Caller.SiteUser user -> beginAsking(user, dialogId, id, checked);
            };
            return take(caller, address).then(storing)
                    .map(stored -> messagesByAddress
                            .settle(address, messages.settle(caller.key(), stored, Posted::isNew), Posted::isNew)
                            .doOnNext(posted -> people.spoke(dialogId, caller, posted.message().seq()))
                            .cache()); // what is given back is not lost where its sender has gone
        });
    }

    /** So many messages of one dialog may be handed over at once without being refused for that alone. */
    int mostUnstored() {
        return mostUnstored;
    }

    /** Counts one more message of the caller and of its address, or of neither. */
    private Mono<Void> take(Caller caller, @Nullable String address) {
        return RateLimit.takeAll(List.of(messagesByAddress.caller(address), messages.caller(caller.key())));
    }

    private Mono<Mono<Posted>> beginAsking(Caller visitor, long dialogId, String clientMsgId, String text) {
        return answers.leave(visitor, dialogId)
                .map(leave -> answers.use(leave, visitor, ask(visitor, leave, dialogId, clientMsgId, text),
                        Posted::hasAsked));
    }

    private Mono<Posted> ask(Caller visitor, Leave leave, long dialogId, String clientMsgId, String text) {
        String requestId = leave.requestId();
        return log.append(new NewMessage(dialogId, Sender.USER, visitor.id(), visitor.name(), clientMsgId, text, null,
                requestId, null, requestId == null ? null : visitor.key()))
                .map(outcome -> switch (outcome) {
                    case Append.Stored stored -> {
                        if (stored.assistantSpeaks() && !stored.repeated()) {
                            answers.refused(dialogId, leave);
                        }
                        yield posted(stored, stored.assistantSpeaks() ? leave.refusal() : null);
                    }
                    case Append.Refused refused -> throw problem(refused);
                });
    }

    private Posted posted(Append.Stored stored, @Nullable ProblemException refusal) {
        String requestId = stored.message().requestId();
        return requestId == null
                ? new Posted(stored.message(), stored.repeated(), null, refusal)
                : new Posted(stored.message(), stored.repeated(),
                        new Answers.Asked(requestId, answers.position(requestId)), null);
    }

    private Mono<Posted> speak(Caller.Operator operator, long dialogId, String clientMsgId, String text,
            Floors.@Nullable Floor floor) {
        NewMessage message = new NewMessage(dialogId, Sender.MANAGER, operator.id(), operator.name(), clientMsgId, text,
                null, null, null, null);
        Mono<Append> takingOver = log.append(message)
                .flatMap(outcome -> outcome == Append.Refused.ASSISTANT_SPEAKS
                        ? handoffs.takeOver(dialogId, operator).then(log.append(message))
                        : Mono.just(outcome));
        return (floor == null ? takingOver : floor.append(log.append(message.inTurn(floor.turn())), takingOver))
                .map(outcome -> switch (outcome) {
                    case Append.Stored stored -> new Posted(stored.message(), stored.repeated(), null, null);
                    case Append.Refused refused -> throw problem(refused);
                });
    }

    private static RuntimeException problem(Append.Refused refused) {
        return switch (refused) {
            case NO_DIALOG -> Problem.NOT_FOUND.exception();
            case CLOSED -> Problem.CONFLICT.with("The dialog is closed");
            case ASSISTANT_SPEAKS, TURN_ENDED, ANSWER_LOST ->
                Problem.CONFLICT.with("Somebody else has just taken the dialog; try again");
        };
    }

    /** Tells the others that the caller types, or does not any more; not every time where it says so all the time. */
    void typing(Caller caller, long dialogId, boolean active) {
        if (typing.allows(caller.key())) {
            people.typing(dialogId, caller, active);
        }
    }

    /** Notes how far the caller has come in reading. See {@link People#mark}. */
    Mono<Void> receipt(Caller caller, long dialogId, long lastSeq, @Nullable Long deliveredSeq,
            @Nullable Long readSeq) {
        return people.mark(dialogId, lastSeq, caller, deliveredSeq, readSeq);
    }

    /** A visitor asks for a human; an operator takes the dialog over. */
    Mono<Dialog> handOff(Caller caller, long dialogId) {
        return caller instanceof Caller.Operator operator
                ? handoffs.takeOver(dialogId, operator)
                : handoffs.requestHuman(dialogId, caller);
    }

    Mono<Dialog> giveBack(Caller.Operator operator, long dialogId) {
        return handoffs.giveBack(dialogId, operator);
    }

    Mono<Dialog> close(Caller.Operator operator, long dialogId) {
        return handoffs.close(dialogId, operator);
    }

    Mono<Dialog> reopen(Caller.Operator operator, long dialogId) {
        return handoffs.reopen(dialogId, operator);
    }

    /**
     * Asks for an answer to a message that is there: again, or where it was refused at first.
     *
     * @param batch whether nobody waits for it
     */
    Mono<Answers.Asked> askAgain(Caller caller, long dialogId, long inReplyTo, boolean batch) {
        return answers.ask(dialogId, inReplyTo, caller, batch);
    }

    /** Stops an answer of this dialog, waiting or running, if the caller may. */
    Mono<Void> cancel(Caller caller, long dialogId, String requestId) {
        return answers.cancel(dialogId, requestId, caller).then();
    }

    private static String checkId(@Nullable String clientMsgId) {
        if (clientMsgId == null || clientMsgId.isBlank() || clientMsgId.length() > MAX_CLIENT_ID
                || clientMsgId.chars().anyMatch(Character::isISOControl)) {
            throw Problem.BAD_REQUEST.with("client_msg_id: 1 to %d characters that name this message, such as a UUID"
                    .formatted(MAX_CLIENT_ID));
        }
        return clientMsgId;
    }

    private String checkText(@Nullable String text) {
        if (text == null || text.isBlank()) {
            throw Problem.BAD_REQUEST.with("text: is needed");
        }
        if (text.indexOf('\0') >= 0) {
            throw Problem.BAD_REQUEST.with("text: may not hold the character U+0000");
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > maxTextBytes) {
            throw Problem.TOO_LARGE.with("text: %d bytes (at most %d)".formatted(bytes, maxTextBytes));
        }
        return text;
    }
}
