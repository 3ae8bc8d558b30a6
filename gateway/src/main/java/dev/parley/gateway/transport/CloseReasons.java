package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.Problems;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import org.springframework.web.reactive.socket.CloseStatus;

/** Why connections are closed: PROTOCOL section 6, and what only WebSockets have. */
final class CloseReasons {

    static final CloseStatus BINARY_FRAME = new CloseStatus(1003, "send text frames");
    static final CloseStatus FRAME_TOO_LARGE = of(Problem.TOO_LARGE);
    static final CloseStatus SILENT = new CloseStatus(4408, "no sign of life");
    static final CloseStatus DOES_NOT_READ = new CloseStatus(1013, "does not read");
    static final CloseStatus BAD_FRAMES = new CloseStatus(1008, "too many bad frames");
    static final CloseStatus TOO_MANY_FRAMES = of(Problem.RATE_LIMITED);
    static final CloseStatus TOKEN_ENDED = of(Problem.UNAUTHORIZED);
    static final CloseStatus GOING_AWAY = of(Problem.UNAVAILABLE);
    static final CloseStatus INTERNAL_ERROR = of(Problem.INTERNAL_ERROR);

    private CloseReasons() {}

    static CloseStatus of(Problem problem) {
        return new CloseStatus(problem.close(), problem.code());
    }

    /** The reason that a client is given for a failure of its connection. */
    static CloseStatus of(Throwable error) {
        return switch (error) {
            case CorruptedWebSocketFrameException corrupted ->
                new CloseStatus(corrupted.closeStatus().code(), corrupted.closeStatus().reasonText());
            case ProblemException problem -> of(problem.problem());
            default -> of(Problems.of(error).problem());
        };
    }
}
