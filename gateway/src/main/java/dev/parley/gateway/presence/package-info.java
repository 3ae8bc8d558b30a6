/**
 * Who is in a dialog, who is typing there, and how far each has come in reading. May use {@code dialog}, {@code access},
 * {@code database} and {@code problem}. Start at {@code People}, which is all that carriers know of; what is known of one
 * person is an {@code Attendee}, and how far they have come a {@code Mark}.
 */
@NullMarked
package dev.parley.gateway.presence;

import org.jspecify.annotations.NullMarked;
