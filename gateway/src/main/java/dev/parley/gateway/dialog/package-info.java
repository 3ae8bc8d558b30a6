/**
 * The heart of the house: the log of messages that is the truth, the rooms that tell of new ones at once, and the feed
 * that makes one ordered, gapless stream of both. May use {@code access} and {@code problem}. Start at
 * {@link dev.parley.gateway.dialog.DialogEvent}, then {@code MessageLog}, {@code DialogRoom} and {@code DialogFeed}.
 */
@NullMarked
package dev.parley.gateway.dialog;

import org.jspecify.annotations.NullMarked;
