package dev.parley.gateway.model;

import java.time.Duration;

/**
 * How long a model may take, how often it is asked, and what is made of failures.
 *
 * @param firstToken longest silence of a loaded model before its first word
 * @param idle longest silence between two words
 * @param total longest time of an answer with all its tries, loading not counted
 * @param load longest time of a load
 * @param retries after the first try, where no word was said yet
 * @param keepAlive how long a model stays loaded after an answer; negative: for ever
 * @param adaptive whether fewer answers run at once where a server cannot bear so many
 * @param breakerCalls a server is judged from so many requests on; 0: never
 */
public record ModelLimits(Duration firstToken, Duration idle, Duration total, Duration load, int retries,
        Duration keepAlive, boolean adaptive, int breakerCalls) {}
