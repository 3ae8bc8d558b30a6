/**
 * A dialog, followed and spoken in: history, then live events over a WebSocket, in one log. What was written and not
 * acknowledged is sent again after a reconnect under the same id, so nothing is lost and nothing is said twice.
 * Knows no element of the page; both pages use it.
 */

import { DialogLog } from './dialog-log.js';
import { DialogSocket } from './dialog-socket.js';
import { Problem, request } from './http.js';

const PAGE = 50;
const HOLE_MS = 1_000;
const SETTLED_MS = 3_200;
const UNACKNOWLEDGED_MS = 15_000;
const LEAST_RENEWAL_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 20_000;

const BASES = { widget: '/api/widget/dialogs/', admin: '/api/dialogs/' };
const SOCKETS = { widget: '/ws/widget/dialogs/', admin: '/ws/dialogs/' };

/**
 * @typedef {object} Options
 * @property {'widget'|'admin'} audience
 * @property {number} dialogId
 * @property {import('./token-keeper.js').TokenKeeper} tokens
 * @property {Record<string, string>} [query] more parameters of the WebSocket's address
 * @property {{load: () => object[], save: (pending: object[]) => void}} outbox where unsent messages outlive the page
 * @property {() => void} onChange something is to be shown anew
 * @property {(message: import('./dialog-log.js').Said) => void} onMessage a message of somebody else has come
 * @property {(problem: Problem) => void} onProblem something that was tried did not go well
 * @property {(problem: Problem) => void} onEnd this dialog cannot be followed (any more)
 */

export class DialogClient {
  #options;
  #socket;
  #timers = new Set();
  #renewal;
  #stopped = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.dialogId = options.dialogId;
    this.log = new DialogLog(options.audience === 'admin' ? 'manager' : 'user');
    for (const { id, text, at } of options.outbox.load()) {
      this.log.addOwn(id, text, at);
    }
  }

  /** @returns {import('./dialog-socket.js').Connection} */
  get connection() {
    return this.#socket?.state ?? 'connecting';
  }

  /** Reads the dialog and its newest messages, then follows it. Tries until it succeeds or is refused. */
  async start() {
    for (let pause = FIRST_PAUSE_MS; !this.#stopped; pause = Math.min(2 * pause, MOST_PAUSE_MS)) {
      try {
        const [dialog, page] = await Promise.all([this.call('GET', ''), this.call('GET', `/messages?limit=${PAGE}`)]);
        this.log.begin(page.messages, page.has_more);
        this.log.setDialog(dialog);
        break;
      } catch (problem) {
        if (!problem.isPassing) {
          return this.#end(problem);
        }
        this.#options.onProblem(problem);
        await new Promise((done) => this.#after(pause * (0.5 + Math.random()), done));
      }
    }
    if (!this.#stopped) {
      this.#follow();
    }
  }

  stop() {
    this.#stopped = true;
    this.#socket?.stop();
    this.#timers.forEach(clearTimeout);
    clearTimeout(this.#renewal);
  }

  /** Says something: it is shown at once, and sent as soon as there is a connection. */
  send(text) {
    const id = newId();
    this.log.addOwn(id, text);
    this.#pass(id, text);
    this.#changed();
  }

  /** Sends a message again that has failed. */
  retry(id) {
    const own = this.log.pending.find((message) => message.id === id);
    if (own) {
      this.log.setWaiting(id);
      this.#pass(id, own.text);
      this.#changed();
    }
  }

  /** Forgets a message that has failed. */
  discard(id) {
    this.log.removeOwn(id);
    this.#saveOutbox();
    this.#changed();
  }

  /** Stops every answer that is under way: those that wait come first, so that none takes the place of a stopped one. */
  stopAnswers() {
    const waiting = this.log.answers.filter((answer) => answer.position > 0);
    const running = this.log.answers.filter((answer) => answer.position === 0);
    for (const { requestId } of [...waiting, ...running]) {
      this.#socket?.send({ type: 'cancel', request_id: requestId });
    }
  }

  setTyping(active) {
    this.#socket?.send({ type: active ? 'typing_start' : 'typing_stop' });
  }

  /** A visitor asks for a human, an operator takes the dialog over. */
  handOff() {
    return this.change('POST', '/handoff');
  }

  /** Asks for an answer to a message that got none. */
  async askAgain(seq) {
    try {
      this.log.expectAnswer(await this.call('POST', '/answers', { in_reply_to: seq }), seq);
      this.#after(SETTLED_MS, () => this.#settle());
    } catch (problem) {
      this.#options.onProblem(problem);
    }
    this.#changed();
  }

  /** A request whose answer is the dialog as it is afterwards. */
  async change(method, path) {
    try {
      this.log.setDialog(await this.call(method, path));
    } catch (problem) {
      this.#options.onProblem(problem);
    }
    this.#changed();
  }

  async loadEarlier() {
    try {
      const page = await this.call('GET', `/messages?limit=${PAGE}&before=${this.log.first}`);
      this.log.addEarlier(page.messages, page.has_more);
    } catch (problem) {
      this.#options.onProblem(problem);
    }
    this.#changed();
  }

  /** A request about this dialog, with a token that is renewed once where it is refused. */
  async call(method, path, body) {
    const { audience, dialogId, tokens } = this.#options;
    const url = BASES[audience] + dialogId + path;
    try {
      return await request(method, url, { token: await tokens.current(), body });
    } catch (problem) {
      if (problem.status !== 401) {
        throw problem;
      }
      return request(method, url, { token: await tokens.renew(), body });
    }
  }

  #follow() {
    const { audience, dialogId, tokens, query } = this.#options;
    this.#socket = new DialogSocket({
      path: () => SOCKETS[audience] + dialogId + '?'
        + new URLSearchParams({ ...query, since: this.log.cursor, echo: true }),
      token: () => tokens.current(),
      renew: () => tokens.renew(),
      check: () => this.call('GET', ''),
      onFrame: (frame) => this.#receive(frame),
      onState: () => this.#connectionChanged(),
      onEnd: (problem) => this.#end(problem),
    });
    this.#socket.start();
  }

  #receive(frame) {
    if (frame.type === 'reset') {
      return this.#startOver();
    }
    const message = this.log.apply(frame);
    if (message) {
      this.#options.onMessage(message);
    }
    if (frame.type === 'hello') {
      this.#connected();
    } else if (frame.type === 'ack') {
      this.#saveOutbox();
      this.#after(SETTLED_MS, () => this.#settle());
    } else if (frame.type === 'error' && !frame.client_msg_id) {
      this.#options.onProblem(new Problem(frame));
    }
    if (this.log.hasHole) {
      this.#after(HOLE_MS, () => this.#fillHole());
    }
    this.#changed();
  }

  /** Too much has happened to be told one by one: read the newest, and follow from there. */
  #startOver() {
    this.#socket.stop();
    this.#socket = undefined;
    this.start();
  }

  #connected() {
    for (const own of this.log.pending.filter((message) => message.state !== 'failed')) {
      this.#pass(own.id, own.text);
    }
    this.#after(SETTLED_MS, () => this.#settle());
  }

  #connectionChanged() {
    clearTimeout(this.#renewal);
    if (this.connection === 'connected') {
      this.#renewInTime();
    } else {
      this.log.pending.filter((own) => own.state === 'sent').forEach((own) => this.log.setWaiting(own.id));
    }
    this.#changed();
  }

  /** Gives the connection a fresh token before the old one ends, so that it lives on. */
  #renewInTime() {
    const { tokens } = this.#options;
    this.#renewal = setTimeout(async () => {
      try {
        this.#socket?.send({ type: 'auth', token: await tokens.renew() });
      } catch {
        // The server closes the connection when the token ends; what is to be done then is done then.
      }
      if (this.connection === 'connected') {
        this.#renewInTime();
      }
    }, Math.max(LEAST_RENEWAL_MS, tokens.renewAt - Date.now()));
  }

  #pass(id, text) {
    this.#saveOutbox();
    if (!this.#socket?.send({ type: 'message', client_msg_id: id, text })) {
      return;
    }
    this.log.setSent(id);
    this.#after(UNACKNOWLEDGED_MS, () => {
      if (this.log.pending.some((own) => own.id === id && own.state === 'sent')) {
        this.log.fail(id, new Problem({ code: 'no_answer' }));
        this.#changed();
      }
    });
  }

  #saveOutbox() {
    this.#options.outbox.save(this.log.pending);
  }

  #settle() {
    this.log.settle();
    this.#changed();
  }

  /** Live events may be lost on the way; the log is not. */
  async #fillHole() {
    if (!this.log.hasHole) {
      return;
    }
    try {
      const page = await this.call('GET', `/messages?limit=${PAGE}&after=${this.log.cursor}`);
      page.messages.forEach((message) => this.#receive(message));
    } catch {
      this.#socket?.reconnectAfter(FIRST_PAUSE_MS);
    }
  }

  #end(problem) {
    this.stop();
    this.#options.onEnd(problem);
    this.#changed();
  }

  #changed() {
    this.#options.onChange();
  }

  #after(ms, task) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, ms);
    this.#timers.add(timer);
  }
}

/** As crypto.randomUUID, which browsers keep from pages that came by plain http from another machine. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
