package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.load.Plan.Carrier;
import dev.parley.gateway.benchmark.load.Target;
import dev.parley.gateway.benchmark.load.Target.Step;
import dev.parley.gateway.benchmark.load.Target.Way;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Socket.IO on Node, as people know it. Its packages are fetched the first time. */
record SocketIo() implements Peer {

    private static final Path HOME = ServerProcess.LOGS.resolve("socket.io");
    private static final String SOCKET = "/socket.io/?EIO=4&transport=websocket";

    static boolean isInstalled() throws InterruptedException {
        try {
            return run(List.of("node", "--version"), Path.of(".")) == 0
                    && run(List.of("npm", "--version"), Path.of(".")) == 0;
        } catch (IOException notThere) {
            return false;
        }
    }

    @Override
    public String name() {
        return "socket.io";
    }

    /** It has no server-sent events. */
    @Override
    public boolean takesPartIn(Scenario scenario) {
        return scenario.carrier != Carrier.SSE;
    }

    @Override
    public Running start(Scenario scenario) throws IOException, InterruptedException {
        install();
        int port = ServerProcess.freePort();
        ServerProcess server = ServerProcess.start("socket.io",
                List.of("node", "--expose-gc", HOME.resolve("server.js").toString(), Integer.toString(port)), port,
                Map.of());
        return new Running(server, target(scenario, port), 1, 0,
                List.of("kill", "-USR2", Long.toString(server.pid())));
    }

    private static Target target(Scenario scenario, int port) {
        Step begin = new Step("0{", "40");
        Way follow = switch (scenario.carrier) {
            case WEB_SOCKET -> Way.of(SOCKET)
                    .with(begin, new Step("40{", "420[\"join\",\"{dialog}\"]"), new Step("430[", ""));
            case POLL -> Way.of("/socket.io/?EIO=4&transport=polling&sid={cursor}")
                    .polling("/socket.io/?EIO=4&transport=polling&dialog={dialog}", "^0\\{\"sid\":\"([^\"]+)\"")
                    .with(new Step("", "40"));
            case SSE -> throw new IllegalArgumentException("does not take part");
        };
        Way publish = scenario.durable ? follow : Way.of(SOCKET).with(begin, new Step("40{", ""));
        return new Target(port, follow, publish, "42[\"publish\",\"{dialog}\",\"{message}\"]", "/produce", "");
    }

    private static void install() throws IOException, InterruptedException {
        Files.createDirectories(HOME);
        for (String file : List.of("package.json", "server.js")) {
            try (InputStream in = SocketIo.class.getResourceAsStream("/benchmark/socket.io/" + file)) {
                Files.copy(Objects.requireNonNull(in), HOME.resolve(file), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        if (!Files.isDirectory(HOME.resolve("node_modules"))
                && run(List.of("npm", "install", "--silent", "--no-audit", "--no-fund"), HOME) != 0) {
            throw new IOException("npm install failed in " + HOME);
        }
    }

    private static int run(List<String> command, Path directory) throws IOException, InterruptedException {
        return new ProcessBuilder(command).directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
