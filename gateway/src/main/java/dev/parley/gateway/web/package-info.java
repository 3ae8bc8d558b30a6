/**
 * What all REST end points share: the form of JSON, the reading of bodies and parameters, problems, and headers that
 * every answer carries. Uses {@code problem}, {@code database} and {@code settings}. Start at
 * {@link dev.parley.gateway.web.JsonBodies}, then {@link dev.parley.gateway.web.ProblemWriter}.
 */
@NullMarked
package dev.parley.gateway.web;

import org.jspecify.annotations.NullMarked;
