package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.web.RequestHead;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest.BaseBuilder;

class CredentialsTests {

    @Test
    void theTokenMayBeInTheHeader() {
        assertThat(token(Audience.ADMIN, get("/x").header("Authorization", "Bearer abc"))).isEqualTo("abc");
        assertThat(token(Audience.WIDGET, get("/x").header("Authorization", "bearer  abc "))).isEqualTo("abc");
    }

    @Test
    void theTokenMayBeInTheQueryUnderTheNameOfItsAudience() {
        String query = "/x?token=t&site_token=s&visitor_token=v";

        assertThat(token(Audience.ADMIN, get(query))).isEqualTo("t");
        assertThat(token(Audience.SITE, get(query))).isEqualTo("s");
        assertThat(token(Audience.WIDGET, get(query))).isEqualTo("v");
        assertThat(token(Audience.WIDGET, get("/x?token=t"))).isNull();
    }

    @Test
    void theTokenMayBeInTheSubprotocols() {
        assertThat(token(Audience.ADMIN, get("/x").header("Sec-WebSocket-Protocol", "parley, bearer.a.b.c")))
                .isEqualTo("a.b.c");
        assertThat(token(Audience.ADMIN,
                get("/x").header("Sec-WebSocket-Protocol", "parley").header("Sec-WebSocket-Protocol", "bearer.abc")))
                .isEqualTo("abc");
        assertThat(token(Audience.ADMIN, get("/x").header("Sec-WebSocket-Protocol", "parley, bearer."))).isNull();
    }

    @Test
    void theHeaderWinsThenTheQuery() {
        BaseBuilder<?> all = get("/x?token=query").header("Sec-WebSocket-Protocol", "parley, bearer.subprotocol");

        assertThat(token(Audience.ADMIN, all)).isEqualTo("query");
        assertThat(token(Audience.ADMIN, all.header("Authorization", "Bearer header"))).isEqualTo("header");
    }

    @Test
    void anotherSchemeIsNoToken() {
        assertThat(token(Audience.ADMIN, get("/x").header("Authorization", "Basic YTpi"))).isNull();
        assertThat(token(Audience.ADMIN, get("/x").header("Authorization", "Bearer "))).isNull();
        assertThat(token(Audience.ADMIN, get("/x?token=").header("Authorization", "Bearer"))).isNull();
    }

    @Test
    void aTokenTakenOutOfTheAddressIsStillFound() {
        ServerHttpRequest clean = QueryTokens.withoutTokens(
                MockServerHttpRequest.method(HttpMethod.GET,
                        URI.create("http://chat.example/ws/1?since=4&visitor_token=a%2Eb&%74oken=t&echo=true"))
                        .build());

        assertThat(clean.getURI()).hasToString("http://chat.example/ws/1?since=4&echo=true");
        assertThat(clean.getQueryParams()).containsOnlyKeys("since", "echo");
        assertThat(Credentials.of(Audience.WIDGET, RequestHead.of(clean)).token()).isEqualTo("a.b");
        assertThat(Credentials.of(Audience.ADMIN, RequestHead.of(clean)).token()).isEqualTo("t");
        assertThat(Credentials.of(Audience.SITE, RequestHead.of(clean)).token()).isNull();
    }

    @Test
    void anAddressOfNothingButTokensHasNoQueryAfterwards() {
        assertThat(QueryTokens.withoutTokens(get("http://chat.example/ws?token=t").build()).getURI())
                .hasToString("http://chat.example/ws");
    }

    @Test
    void anAddressWithoutTokensIsLeftAlone() {
        ServerHttpRequest request = get("/x?since=4&text=%zz&tokens=1").build();

        assertThat(QueryTokens.withoutTokens(request)).isSameAs(request);
    }

    @Test
    void credentialsKeepTheTokenToThemselves() {
        assertThat(Credentials.of(Audience.ADMIN, RequestHead.of(get("/x?token=hush").build())).toString())
                .doesNotContain("hush");
    }

    private static BaseBuilder<?> get(String address) {
        return MockServerHttpRequest.get(address);
    }

    private static @Nullable String token(Audience audience, BaseBuilder<?> request) {
        return Credentials.of(audience, RequestHead.of(request.build())).token();
    }
}
