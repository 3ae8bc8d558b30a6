package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

class RequestHeadTests {

    private static RequestHead head(String address) {
        return RequestHead.of(MockServerHttpRequest.method(HttpMethod.GET, URI.create(address)).build());
    }

    @Test
    void aParameterIsFoundWhereverItStands() {
        RequestHead head = head("/x?a=1&bc=2&d=3");
        assertThat(head.parameter("a")).isEqualTo("1");
        assertThat(head.parameter("bc")).isEqualTo("2");
        assertThat(head.parameter("d")).isEqualTo("3");
    }

    @Test
    void oneThatIsNotThereIsAbsent() {
        assertThat(head("/x").parameter("a")).isNull();
        assertThat(head("/x?").parameter("a")).isNull();
        assertThat(head("/x?aa=1&b=a").parameter("a")).isNull();
    }

    @Test
    void theFirstOfManyCounts() {
        assertThat(head("/x?a=1&a=2").parameter("a")).isEqualTo("1");
    }

    @Test
    void oneWithoutAValueIsEmpty() {
        assertThat(head("/x?a&b=1").parameter("a")).isEmpty();
        assertThat(head("/x?a=&b=1").parameter("a")).isEmpty();
        assertThat(head("/x?b=1&a").parameter("a")).isEmpty();
    }

    @Test
    void namesAndValuesMayBeEncoded() {
        RequestHead head = head("/x?%61=b%26c+d&since=1%4042");
        assertThat(head.parameter("a")).isEqualTo("b&c d");
        assertThat(head.parameter("since")).isEqualTo("1@42");
    }
}
