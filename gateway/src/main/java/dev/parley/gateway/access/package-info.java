/**
 * Who is calling, and what they may touch: operators, site users and visitors, their tokens, and the passwords of
 * operators. Uses {@code limits}, {@code problem}, {@code database} and {@code settings}. Start at
 * {@link dev.parley.gateway.access.Authenticator}, whose answer is a {@link dev.parley.gateway.access.Caller}.
 */
@NullMarked
package dev.parley.gateway.access;

import org.jspecify.annotations.NullMarked;
