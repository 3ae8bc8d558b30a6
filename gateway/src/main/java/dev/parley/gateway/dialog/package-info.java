/**
 * The heart of the house: the log of messages that is the truth, the rooms that tell of new ones at once, and the feed
 * that makes one ordered, gapless stream of both. May use {@code access} and {@code problem}. Start at
 * {@link dev.parley.gateway.dialog.DialogEvent}, then {@code MessageLog}, {@code DialogRoom} and {@code DialogFeed}. What
 * the bus between nodes has lost is found by {@code MissedMessages} and {@code MissedEnds}.
 */
@NullMarked
package dev.parley.gateway.dialog;

import org.jspecify.annotations.NullMarked;
