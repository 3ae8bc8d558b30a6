package dev.parley.gateway.transport;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.presence.People;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** What every carrier needs of the house. */
@Component
record CarrierTools(DialogFeed feed, DialogCommands commands, Connections connections, EventJson events,
        JsonMapper json,
        ConnectionSettings settings, Authenticator authenticator, People people) {}
