package dev.parley.gateway.scenario;

class CutsIntegrationTests extends Stage implements CutsContract {}
