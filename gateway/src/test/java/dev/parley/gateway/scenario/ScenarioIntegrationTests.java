package dev.parley.gateway.scenario;

class ScenarioIntegrationTests extends Stage implements ScenarioContract {}
