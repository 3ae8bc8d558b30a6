/**
 * How statements are run: never cancelled by those who only watch ({@link dev.parley.gateway.database.Detached}). Uses
 * {@code problem} only; every package that owns tables may use it.
 */
@NullMarked
package dev.parley.gateway.database;

import org.jspecify.annotations.NullMarked;
