package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.presence.People;
import dev.parley.gateway.presence.Unread;
import java.util.List;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Dialogs as a caller sees them: with what the caller has not read yet, and with the others who are there. */
@Component
final class DialogViews {

    private final Unread unread;
    private final People people;

    DialogViews(Unread unread, People people) {
        this.unread = unread;
        this.people = people;
    }

    Mono<DialogJson.DialogView> one(Dialog dialog, Caller caller, Audience audience) {
        return Mono.zip(unread.of(caller, List.of(dialog)), others(dialog, caller, audience),
                (counts, others) -> DialogJson.dialog(dialog, caller, counts.getOrDefault(dialog.id(), 0), others));
    }

    private Mono<List<DialogJson.Present>> others(Dialog dialog, Caller caller, Audience audience) {
        return people.presence(dialog.id())
                .map(all -> all.stream()
                        .filter(presence -> Visibility.of(presence, audience, caller, false))
                        .map(DialogJson::present)
                        .toList());
    }

    /** In a list they come without the others: who is there is told to those who follow a dialog, or look at it. */
    Mono<List<DialogJson.DialogView>> list(List<Dialog> dialogs, Caller caller) {
        return unread.of(caller, dialogs)
                .map(counts -> dialogs.stream()
                        .map(dialog -> DialogJson.dialog(dialog, caller, counts.getOrDefault(dialog.id(), 0), null))
                        .toList());
    }
}
