package dev.parley.gateway.model;

import java.util.Map;

/**
 * A server of models, for people to read.
 *
 * @param state {@code up}, {@code unreachable}, or {@code open} or {@code half_open} where it has failed too often
 * @param inFlight requests under way
 * @param models where each that was asked for stands: {@code cold}, {@code loading}, {@code warm} or {@code failed}
 */
public record BackendStatus(String url, String state, int inFlight, Map<String, String> models) {

    public BackendStatus {
        models = Map.copyOf(models);
    }
}
