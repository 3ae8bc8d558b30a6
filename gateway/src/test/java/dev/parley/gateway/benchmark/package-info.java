/**
 * How fast the gateway delivers, side by side with servers that do nothing else. {@code Scenario} says what is measured,
 * {@code Peer} what with, {@code server} holds the yardsticks and {@code load} the generator. Start at
 * {@code DeliveryBenchmark}; or, for what the gateway adds to the words of a model, at {@code AnswerStreamBenchmark} and its
 * three readers.
 */
@NullMarked
package dev.parley.gateway.benchmark;

import org.jspecify.annotations.NullMarked;
