package dev.parley.gateway.browser;

import dev.parley.gateway.DebianProgram;
import java.nio.file.Path;
import java.util.List;

/** Chrome or Chromium, on this machine or from Debian. */
final class Chromium {

    /** With fonts: a bare Debian has none for most of what people write. */
    private static final DebianProgram PROGRAM = new DebianProgram("Chrome or Chromium", "CHROME_PATH",
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
            List.of(Path.of("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
                    Path.of("/Applications/Chromium.app/Contents/MacOS/Chromium")),
            List.of("chromium", "fonts-noto-core", "fonts-noto-color-emoji"));

    private Chromium() {}

    /** The program, which can be started; blocks while it is installed. */
    static Path executable() {
        return PROGRAM.executable();
    }
}
