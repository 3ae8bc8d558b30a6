package dev.parley.gateway.limits;

import dev.parley.gateway.settings.SettingException;
import java.net.InetAddress;
import java.util.List;

/** Some networks of a setting, each as {@code 10.0.0.0/8}, {@code fd00::/8} or a single address. */
record Networks(List<Network> all) {

    /** One network, by the first bits of its addresses. */
    record Network(InetAddress start, int bits) {

        static Network parse(String text) {
            int slash = text.indexOf('/');
            InetAddress start = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            int longest = start.getAddress().length * Byte.SIZE;
            int bits = slash < 0 ? longest : Integer.parseUnsignedInt(text.substring(slash + 1));
            if (bits < 0 || bits > longest) {
                throw new IllegalArgumentException("more than " + longest + " bits");
            }
            return new Network(start, bits);
        }

        boolean contains(InetAddress address) {
            byte[] here = start.getAddress();
            byte[] there = address.getAddress();
            if (here.length != there.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += Byte.SIZE) {
                int mask = bits - bit >= Byte.SIZE ? 0xff : 0xff << (Byte.SIZE - (bits - bit));
                if (((here[bit / Byte.SIZE] ^ there[bit / Byte.SIZE]) & mask & 0xff) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    static Networks parse(String setting, List<String> texts) {
        return new Networks(texts.stream().map(text -> parse(setting, text)).toList());
    }

    private static Network parse(String setting, String text) {
        try {
            return Network.parse(text.strip());
        } catch (IllegalArgumentException wrong) {
            throw new SettingException(setting,
                    text.strip() + " is no network (expected: such as 10.0.0.0/8, fd00::/8 or 192.0.2.7)");
        }
    }

    boolean contains(InetAddress address) {
        for (Network network : all) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
