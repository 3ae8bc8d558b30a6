/**
 * The Redis side of what nodes share: the bus that carries live events, the newest messages, rate limits, the slots for answers
 * and the shares of users in them, and what nodes ask each other. Every port of it has a local side in the package whose
 * business it is, and without {@code parley.redis.url} nothing of this package is used. Redis may lose everything at any time:
 * it only makes quicker what the log makes right. Start at {@code RedisLink}, then {@code RedisBus} for what is told to all, and
 * {@code NodeCalls} for what one node asks of another; {@code RedisNames} has all keys and channels.
 */
@NullMarked
package dev.parley.gateway.cluster;

import org.jspecify.annotations.NullMarked;
