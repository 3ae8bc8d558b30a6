package dev.parley.gateway.capacity;

/** What is known of a queue before any number of servers, where things come at random and take exponentially long (M/M/c). */
final class ErlangC {

    private ErlangC() {}

    /** How likely it is to have to wait, with so many servers, where so many would be busy on average. */
    static double waits(int servers, double busy) {
        if (busy >= servers) {
            return 1;
        }
        double blocked = 1;
        for (int i = 1; i <= servers; i++) {
            blocked = busy * blocked / (i + busy * blocked);
        }
        return blocked / (1 - busy / servers * (1 - blocked));
    }

    /** The mean time of waiting, in the unit of {@code service}; endless where the servers do not suffice. */
    static double meanWait(int servers, double perTime, double service) {
        double busy = perTime * service;
        return busy >= servers ? Double.POSITIVE_INFINITY : waits(servers, busy) * service / (servers - busy);
    }

    /** As many servers as keep nine of ten from waiting at all. */
    static int serversFor(double busy) {
        int servers = (int) Math.ceil(busy) + 1;
        while (waits(servers, busy) > 0.1) {
            servers++;
        }
        return servers;
    }
}
