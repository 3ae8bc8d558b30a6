package dev.parley.gateway.capacity;

/** Numbers from the command line. */
final class Given {

    private Given() {}

    static double number(String name, double otherwise) {
        String given = System.getProperty(name);
        return given == null ? otherwise : Double.parseDouble(given);
    }
}
