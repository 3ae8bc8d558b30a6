package dev.parley.gateway.answer;

import java.util.List;

/**
 * What a queue would do with slots.
 *
 * @param claims of those that would start now if they could: for how long each has waited for its turn, in milliseconds
 *        weighted by class, the longest first. A user's turn begins to be waited for when the one before has begun, so that in
 *        this order the users of all nodes take turns as those of one do. What is a user's second turn from now on has waited
 *        less than nothing.
 */
record SlotNeed(int running, List<Long> claims) {

    SlotNeed {
        claims = List.copyOf(claims);
    }
}
