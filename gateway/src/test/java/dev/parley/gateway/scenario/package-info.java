/**
 * What people, models and networks do, written down in files, played over each carrier, and compared with what the dialog's
 * log has to be in the end. Start at {@code ScenarioIntegrationTests} and at the files in {@code resources/scenarios}.
 */
@NullMarked
package dev.parley.gateway.scenario;

import org.jspecify.annotations.NullMarked;
