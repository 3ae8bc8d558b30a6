package dev.parley.gateway;

/**
 * Integration tests run in four lanes, one class at a time in each: those that share one gateway and leave each other room
 * in it, those that share the browser, those that have several nodes in one process, and those that have something else of
 * their own, such as a process. A class is put into its lane by a {@link org.junit.jupiter.api.parallel.ResourceLock}. What
 * needs the machine for itself is {@code @Isolated}.
 */
public final class Lanes {

    public static final String SHARED_GATEWAY = "the gateway that tests share";
    public static final String BROWSER = "the browser";
    public static final String NODES = "several nodes in one process";
    public static final String OWN = "what a test has for itself";

    private Lanes() {}
}
