package dev.parley.gateway.model;

/** Whether a model can be asked. */
public enum Readiness {
    /** Somewhere it is warm, and may be asked. */
    READY,
    /** It has to be loaded first, or is just being loaded. */
    LOADING,
    /** No server that may have it can be asked. That changes when one is back. */
    DOWN,
    /** Every server says that there is no such model, or there is no server of this kind at all. */
    MISSING
}
