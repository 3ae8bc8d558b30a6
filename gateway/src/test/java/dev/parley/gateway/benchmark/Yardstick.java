package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.load.Target;
import dev.parley.gateway.benchmark.load.Target.Step;
import dev.parley.gateway.benchmark.load.Target.Way;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A server that only delivers. */
record Yardstick(String name, Class<?> main) implements Peer {

    @Override
    public Running start(Scenario scenario) throws IOException, InterruptedException {
        int port = ServerProcess.freePort();
        ServerProcess server = ServerProcess.java(main, port, List.of(Integer.toString(port)), Map.of());
        return new Running(server, target(scenario, port), 1, 0, server.collectGarbage());
    }

    private static Target target(Scenario scenario, int port) {
        Way follow = switch (scenario.carrier) {
            case WEB_SOCKET -> Way.of("/ws?dialog={dialog}");
            case SSE -> Way.of("/sse?dialog={dialog}").with(new Step(":open", ""));
            case POLL -> Way.of("/poll?dialog={dialog}&since={cursor}")
                    .polling("/poll?dialog={dialog}", "^cursor: (\\d+)");
        };
        return new Target(port, follow, scenario.durable ? follow : Way.of("/publish"), "{dialog} {message}",
                "/produce",
                "");
    }
}
