package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pages' own log of a dialog: events come late, twice, or not at all, and what is shown is right all the same. */
class DialogLogIntegrationTests extends InTheBrowser {

    private Page page;

    @BeforeEach
    void openAPage() {
        page = someone().newPage();
        page.navigate(address() + "/operator.html");
    }

    @Test
    void messagesAreShownOnceAndInTheOrderOfTheLog() {
        assertThat(run("""
                log.begin([], false);
                said(1, 'manager', 'one'); said(3, 'manager', 'three'); said(1, 'manager', 'one');
                const hole = log.hasHole;
                said(2, 'manager', 'two');
                return `${texts()}, hole: ${hole}, then: ${log.hasHole}, up to ${log.cursor}`;
                """)).isEqualTo("one two three, hole: true, then: false, up to 3");
    }

    @Test
    void anOwnMessageIsOneMessageWhicheverOfEchoAndAckComesFirst() {
        assertThat(run("""
                log.begin([], false);
                const ack = (id, seq) => log.apply({ type: 'ack', client_msg_id: id, id: seq, seq, timestamp: '' });
                log.addOwn('a', 'first');
                log.addOwn('b', 'second');
                ack('a', 1);
                said(1, 'user', 'first', { client_msg_id: 'a' });
                said(2, 'user', 'second', { client_msg_id: 'b' });
                ack('b', 2);
                const keys = log.messages.map((message) => message.key).join(' ');
                return `${texts()}, ${keys}, pending: ${log.pending.length}`;
                """)).isEqualTo("first second, own:a own:b, pending: 0");
    }

    @Test
    void aMessageThatIsAcknowledgedBeforeTheHistoryComesIsShownOnce() {
        assertThat(run("""
                log.addOwn('a', 'first');
                log.apply({ type: 'ack', client_msg_id: 'a', id: 1, seq: 1, timestamp: '' });
                const first = { type: 'message', seq: 1, id: 1, sender: 'user', text: 'first', client_msg_id: 'a' };
                log.begin([first], false);
                said(2, 'manager', 'second');
                return `${texts()}, up to ${log.cursor}`;
                """)).isEqualTo("first second, up to 2");
    }

    @Test
    void anAnswerIsWhatItsOffsetsMakeOfIt() {
        assertThat(run("""
                log.begin([], false);
                const delta = (offset, text) => log.apply({ type: 'answer_delta', request_id: 'r', offset, text });
                delta(0, 'Good'); delta(4, ' day'); delta(4, ' day'); delta(20, 'from nowhere'); delta(4, ' night');
                return log.answers[0].text;
                """)).isEqualTo("Good night");
    }

    @Test
    void whoWaitsIsToldItsPlaceAndWhenItIsItsTurnWhereThatIsKnown() {
        assertThat(
                run("""
                        const { queueWords } = await import('/pages/words.js');
                        log.begin([], false);
                        const told = (news) => {
                          log.apply({ type: 'answer_queued', request_id: 'r', in_reply_to: 1, ...news });
                          return queueWords(log.answers[0].position, log.answers[0].startsInMs);
                        };
                        return [told({ position: 3 }), told({ position: 2, starts_in_ms: 12400 }), told({ position: 1 })].join(' ');
                        """))
                .isEqualTo("2 answers are before yours. 1 answer is before yours. Yours starts in about 12 seconds. "
                        + "Your answer is next.");
    }

    @Test
    void whatAnAnswerWaitsForBesideItsTurnIsKnownUntilItWaitsForItNoMore() {
        assertThat(run("""
                log.begin([], false);
                const told = (type, news) => {
                  log.apply({ type: `answer_${type}`, request_id: 'r', in_reply_to: 1, ...news });
                  const { phase, started } = log.answers[0];
                  return `${phase} ${started}`;
                };
                return [
                  told('queued', { position: 1, phase: 'unavailable' }),
                  told('queued', { position: 1, phase: 'loading' }),
                  told('queued', { position: 1 }),
                  told('queued', { position: 1, phase: 'loading' }),
                  told('started'),
                  told('queued', { position: 1, phase: 'loading' }),
                  told('delta', { offset: 0, text: 'Well' }),
                ].join(', ');
                """)).isEqualTo("unavailable false, loading false, undefined false, loading false, undefined true, "
                + "loading false, undefined true");
    }

    @Test
    void nothingOfAnAnswerFollowsItsEnd() {
        assertThat(run("""
                log.begin([], false);
                const delta = (id) => log.apply({ type: 'answer_delta', request_id: id, offset: 0, text: 'late' });
                delta('said'); delta('failed');
                said(1, 'assistant', 'all of it', { request_id: 'said' });
                log.apply({ type: 'answer_finished', request_id: 'failed', reason: 'failed' });
                delta('said'); delta('failed');
                return `${texts()}, growing: ${log.answers.length}`;
                """)).isEqualTo("all of it, growing: 0");
    }

    @Test
    void anAnswerThatEndedWhileThePageWasAwayIsNotWaitedForForEver() {
        assertThat(run("""
                log.begin([], false);
                said(1, 'user', 'Hello?');
                log.apply({ type: 'answer_started', request_id: 'gone', in_reply_to: 1 });
                log.apply({ type: 'answer_started', request_id: 'alive', in_reply_to: 1 });
                log.apply({ type: 'hello', seq: 1, mode: 'ai', status: 'open' });
                log.apply({ type: 'answer_started', request_id: 'alive', in_reply_to: 1 });
                log.settle(Date.now() + 60_000);
                const left = log.answers.map((answer) => answer.requestId).join();
                log.apply({ type: 'answer_finished', request_id: 'alive', reason: 'timeout' });
                return `${left}, owed: ${JSON.stringify(log.unanswered)}`;
                """)).isEqualTo("alive, owed: {\"seq\":1,\"isBegun\":false,\"reason\":\"timeout\"}");
    }

    private Object run(String script) {
        return page.evaluate("""
                async () => {
                  const { DialogLog } = await import('/pages/dialog-log.js');
                  const log = new DialogLog('user');
                  const said = (seq, sender, text, more) => log.apply({
                    type: 'message', seq, id: seq, sender, text, timestamp: '2026-01-01T12:00:00.000Z', ...more,
                  });
                  const texts = () => log.messages.map((message) => message.text).join(' ');
                  %s
                }""".formatted(script));
    }
}
