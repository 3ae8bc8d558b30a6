/**
 * What can go wrong, as clients are told of it: the codes of PROTOCOL section 6 with their HTTP status and close code.
 * Everybody may use it and it uses nobody. Start at {@link dev.parley.gateway.problem.Problem}.
 */
@NullMarked
package dev.parley.gateway.problem;

import org.jspecify.annotations.NullMarked;
