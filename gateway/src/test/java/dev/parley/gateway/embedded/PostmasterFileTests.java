package dev.parley.gateway.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostmasterFileTests {

    @TempDir
    Path cluster;

    @Test
    void tellsWhenTheServerTakesConnections() throws IOException {
        write("4711\n/data/pg18\n1795224793\n5432\n\n127.0.0.1\n  2146320        13\nready   \n");

        assertThat(PostmasterFile.read(cluster)).contains(new PostmasterFile(4711, true));
    }

    @Test
    void aServerThatIsStillStartingIsNotReady() throws IOException {
        write("4711\n/data/pg18\n1795224793\n5432\n\n127.0.0.1\n  2146320        13\nstarting\n");
        assertThat(PostmasterFile.read(cluster)).contains(new PostmasterFile(4711, false));

        write("4711\n/data/pg18\n");
        assertThat(PostmasterFile.read(cluster)).contains(new PostmasterFile(4711, false));
    }

    @Test
    void noFileOrAnEmptyOrABrokenOneNamesNobody() throws IOException {
        assertThat(PostmasterFile.read(cluster)).isEmpty();
        write("");
        assertThat(PostmasterFile.read(cluster)).isEmpty();
        write("-7\nrubbish");
        assertThat(PostmasterFile.read(cluster)).isEmpty();
    }

    private void write(String text) throws IOException {
        Files.writeString(cluster.resolve("postmaster.pid"), text);
    }
}
