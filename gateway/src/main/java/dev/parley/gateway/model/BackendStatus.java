package dev.parley.gateway.model;

/**
 * A server of models, for people to read.
 *
 * @param state {@code up}, {@code unreachable}, or {@code open} or {@code half_open} where it has failed too often
 * @param inFlight requests under way
 */
public record BackendStatus(String url, String state, int inFlight) {}
