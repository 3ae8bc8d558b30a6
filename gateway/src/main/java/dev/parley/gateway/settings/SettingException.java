package dev.parley.gateway.settings;

/** A setting that the gateway cannot start with. The start ends with the message and without a stack trace. */
public final class SettingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param setting its full name, such as {@code parley.access.secret}
     * @param wrong what is wrong and what is allowed; never the value of a secret
     */
    public SettingException(String setting, String wrong) {
        super(setting + ": " + wrong);
    }
}
