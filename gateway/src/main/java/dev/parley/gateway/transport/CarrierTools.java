package dev.parley.gateway.transport;

import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.dialog.Inbox;
import dev.parley.gateway.presence.People;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** What every carrier needs of the house. */
@Component
record CarrierTools(Admission admission, DialogFeed feed, Inbox inbox, DialogCommands commands, Connections connections,
        EventJson events, EventForms forms, JsonMapper json, ConnectionSettings settings,
        Authenticator authenticator, Withdrawals withdrawals, FrameLimit frameLimit, ConnectionStatistics statistics,
        People people) {}
