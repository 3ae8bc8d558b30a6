/**
 * How PostgreSQL is reached and how statements are run: the pool, the migrations, health, and work that is never
 * cancelled by those who only watch ({@link dev.parley.gateway.database.Detached}). Uses {@code embedded}, {@code settings}
 * and {@code problem}; every package that owns tables may use it. Start at {@code DatabaseConfiguration}.
 */
@NullMarked
package dev.parley.gateway.database;

import org.jspecify.annotations.NullMarked;
