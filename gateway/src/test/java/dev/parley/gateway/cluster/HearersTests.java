package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HearersTests {

    private final Hearers hearers = new Hearers();

    @Test
    void isAloneWhenRedisSaysThatNobodyElseHasHeard() {
        hearers.follow(1);
        hearers.hear(1);
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.heardBy(1, hearers.questions(1), 2);
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.heardBy(1, hearers.questions(1), 1);
        assertThat(hearers.isAlone(1)).isTrue();
    }

    @Test
    void isNotAloneAnyMoreWhenAnotherNodeAsks() {
        hearers.follow(1);
        hearers.hear(1);
        hearers.heardBy(1, hearers.questions(1), 1);
        hearers.met(1);
        assertThat(hearers.isAlone(1)).isFalse();
    }

    @Test
    void whatRedisSaidBeforeAnotherNodeAskedDoesNotCount() {
        hearers.follow(1);
        hearers.hear(1);
        long before = hearers.questions(1);
        hearers.met(1);
        hearers.heardBy(1, before, 1);
        assertThat(hearers.isAlone(1)).isFalse();
    }

    @Test
    void theOneWhoHasHeardIsSomebodyElseAsLongAsThisNodeDoesNotHear() {
        hearers.follow(1);
        hearers.heardBy(1, hearers.questions(1), 1);
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.hearAll();
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.heardBy(1, hearers.questions(1), 1);
        assertThat(hearers.isAlone(1)).isTrue();
    }

    @Test
    void mayNotBeAloneAfterQuestionsWereMissed() {
        hearers.follow(1);
        hearers.hear(1);
        long before = hearers.questions(1);
        hearers.heardBy(1, before, 1);
        hearers.forget();
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.heardBy(1, before, 1);
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.heardBy(1, hearers.questions(1), 1);
        assertThat(hearers.isAlone(1)).isTrue();
    }

    @Test
    void isNeverAloneInADialogThatItDoesNotFollow() {
        hearers.heardBy(1, hearers.questions(1), 1);
        assertThat(hearers.isAlone(1)).isFalse();
        hearers.follow(1);
        hearers.hear(1);
        hearers.heardBy(1, hearers.questions(1), 1);
        hearers.unfollow(1);
        assertThat(hearers.isAlone(1)).isFalse();
    }
}
