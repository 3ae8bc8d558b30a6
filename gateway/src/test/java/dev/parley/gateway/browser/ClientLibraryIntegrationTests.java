package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.options.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** How the client library is served, and to whom. */
class ClientLibraryIntegrationTests extends InTheBrowser {

    private static final int TEN_KB = 10 * 1024;

    @Test
    void itWeighsLessThanTenKilobytes() throws IOException {
        byte[] library = new ClassPathResource("/static/parley-client.js").getContentAsByteArray();

        assertThat(zipped(library)).isLessThan(TEN_KB);
    }

    @Test
    void everyPageMayImportItAndABrowserAsksWhetherItIsTheNewest() {
        var browser = someone().newPage().request();
        RequestOptions fromAfar = RequestOptions.create().setHeader("Origin", "https://shop.example");
        APIResponse file = browser.get(address() + "/parley-client.js", fromAfar);
        String tag = file.headers().get("etag");
        APIResponse again = browser.get(address() + "/parley-client.js",
                RequestOptions.create().setHeader("If-None-Match", tag));

        assertThat(file.headers()).containsEntry("content-type", "text/javascript")
                .containsEntry("access-control-allow-origin", "*")
                .containsEntry("cache-control", "no-cache");
        assertThat(again.status()).isEqualTo(304);
    }

    /** 127.0.0.1 is another origin than localhost. A script as the page: it has no policy that forbids foreign scripts. */
    @Test
    void aPageOfAnotherSiteTalksWithTheAssistant() {
        Person visitor = someone();
        visitor.mayComplainOf("status of 404"); // a script has no icon
        LibraryPage page = LibraryPage.of(visitor, address());
        page.page.navigate(address().replace("localhost", "127.0.0.1") + "/parley-client.js");

        page.visitFrom(address()).awaitConnection();
        page.say("/say Hello from afar");

        page.awaitTexts("/say Hello from afar", "Hello from afar");
        assertThat(page.transport()).isEqualTo("websocket");
    }

    private static int zipped(byte[] bytes) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(target)) {
            zip.write(bytes);
        }
        return target.size();
    }
}
