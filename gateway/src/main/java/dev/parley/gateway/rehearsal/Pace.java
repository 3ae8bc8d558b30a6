package dev.parley.gateway.rehearsal;

import static dev.parley.gateway.rehearsal.RehearsalSettings.require;

import java.time.Duration;

/**
 * How fast the rehearsal model reads and speaks.
 *
 * @param tokensPerSecond how fast one answer grows; 0: without any pause, and then up to 32 tokens go out together
 * @param jitter by what part of itself each pause is shorter or longer, 0 to 1
 * @param firstToken time from a slot to the first token, whatever the prompt
 * @param prefillPerToken time added to it for each token of the prompt
 * @param loadFactor how many times slower a token is when all slots of its model are taken, and in proportion when some are;
 * as large as {@code parallel}, all answers together keep the rate of one, as on small machines; 1: no slower
 * @param prefillGoesOn whether the prompt of a client that has left is read to its end, so that its slot stays taken
 */
public record Pace(double tokensPerSecond, double jitter, Duration firstToken, Duration prefillPerToken,
        double loadFactor, boolean prefillGoesOn) {

    public Pace {
        require(tokensPerSecond >= 0, "tokensPerSecond", tokensPerSecond, ">= 0");
        require(jitter >= 0 && jitter <= 1, "jitter", jitter, "0 to 1");
        require(!firstToken.isNegative(), "firstToken", firstToken, ">= 0");
        require(!prefillPerToken.isNegative(), "prefillPerToken", prefillPerToken, ">= 0");
        require(loadFactor >= 1, "loadFactor", loadFactor, ">= 1");
    }

    public static Pace defaults() {
        return new Pace(30, 0.1, Duration.ofMillis(300), Duration.ZERO, 1, false);
    }

    public Pace withTokensPerSecond(double tokensPerSecond) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    public Pace withJitter(double jitter) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    public Pace withFirstToken(Duration firstToken) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    public Pace withPrefillPerToken(Duration prefillPerToken) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    public Pace withLoadFactor(double loadFactor) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    public Pace withPrefillGoesOn(boolean prefillGoesOn) {
        return new Pace(tokensPerSecond, jitter, firstToken, prefillPerToken, loadFactor, prefillGoesOn);
    }

    /** From the slot to the first token. */
    long prefillNanos(int promptTokens) {
        return firstToken.toNanos() + promptTokens * prefillPerToken.toNanos();
    }

    /** From one token to the next. */
    long pauseNanos(int running, int parallel, double random) {
        if (tokensPerSecond == 0) {
            return 0;
        }
        double crowd = parallel < 2 ? 1 : 1 + (loadFactor - 1) * (Math.min(running, parallel) - 1) / (parallel - 1);
        return (long) (1e9 / tokensPerSecond * crowd * (1 + jitter * (2 * random - 1)));
    }
}
