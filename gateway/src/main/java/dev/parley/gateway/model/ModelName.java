package dev.parley.gateway.model;

/** A model, wherever it runs: every server of this kind is taken to have it until it says otherwise. */
public record ModelName(ModelKind kind, String name) {}
