/** One dialog, as a page uses it: history and live events in one log, and an outbox. */

import { DialogLog } from './log.js';
import { Emitter, Problem, load, newId, pause, save, storage } from './base.js';

const PAGE = 50;
const SETTLED_MS = 3_200;

/**
 * Events: `change` (something is to be shown anew), `message` (one has come into its place in the log), `event` (any of
 * the protocol), `problem` (something that was tried did not go well), `end` (it cannot be followed any more, and why).
 */
export class Dialog extends Emitter {
  #connection;
  #store;
  #key;
  #isOver = false;
  #isSending = false;
  #tries = 0;
  #notBefore = 0;
  #again;
  #awaited;
  #hole;
  #marks = { delivered_seq: 0, read_seq: 0 };
  #marking;

  /**
   * @param {import('../parley-client.js').Connection} connection
   * @param {number} id
   * @param {{log?: DialogLog, area?: 'localStorage'|'sessionStorage'}} options where unsent messages are kept
   */
  constructor(connection, id, { log, area = 'localStorage' } = {}) {
    super();
    this.id = id;
    this.log = log ?? new DialogLog(connection.audience === 'admin' ? 'manager' : 'user');
    this.#connection = connection;
    this.#store = storage(area);
    this.#start();
  }

  /** Says something: it is shown at once, and sent as soon as that can be done. Returns its client_msg_id. */
  send(text) {
    const id = newId();
    this.log.addOwn(id, text);
    this.#keep(id);
    this.#pump();
    return id;
  }

  /** Sends a message again that has failed. */
  retry(id) {
    this.log.setOwn(id, 'waiting');
    this.#pump();
  }

  /** Forgets a message that has failed. */
  discard(id) {
    this.log.removeOwn(id);
    this.#keep(id);
    this.emit('change');
  }

  /** Stops all answers, those that wait first, so that none takes the place of a stopped one. */
  stopAnswers() {
    for (const { requestId } of this.log.answers.sort((one, other) => other.position - one.position)) {
      this.#tell({ type: 'cancel', request_id: requestId },
        () => this.#connection.call('DELETE', `/api/ai/requests/${requestId}`));
    }
  }

  setTyping(typing) {
    this.#tell({ type: typing ? 'typing_start' : 'typing_stop' }, () => this.call('POST', '/typing', { typing }));
  }

  /** Everything up to here was read. */
  markRead(seq = this.log.cursor) {
    this.#mark('read_seq', seq);
  }

  /** A visitor asks for a human, an operator takes the dialog over. */
  handOff() {
    return this.change('POST', '/handoff');
  }

  /** Asks for an answer to a message that got none. */
  askAgain(seq) {
    return this.#try(async () => {
      this.log.expectAnswer(await this.call('POST', '/answers', { in_reply_to: seq }), seq);
      this.#settle();
    });
  }

  /** A request whose answer is the dialog as it is afterwards. */
  change(method, path) {
    return this.#try(async () => {
      this.log.info = await this.call(method, path);
    });
  }

  loadEarlier() {
    return this.#try(async () => {
      const page = await this.#history(`before=${this.log.messages[0]?.seq ?? 1}`);
      this.log.addEarlier(page.messages, page.has_more);
    });
  }

  /** A request about this dialog. */
  call(method, path, body) {
    return this.#connection.call(method, `dialogs/${this.id}${path}`, body);
  }

  /** Follows it no longer. */
  close() {
    this.#isOver = true;
    this.#connection.leave(this.id);
  }

  /** For the connection: something has come. */
  receive(event) {
    const { type, client_msg_id: ownId } = event;
    if (this.#isOver) {
      return;
    }
    if (type === 'answer_delta' && this.log.lacks(event)) {
      this.#connection.follow(this);
    }
    this.#place(event);
    if (type === 'refused') {
      this.#end(new Problem(event.problem));
    } else if (type === 'hello') {
      this.#settle();
      this.#awaited?.done(false);
      this.#pump();
    } else if (type === 'error') {
      this.#refused(event);
    } else if (ownId) {
      this.#awaited?.id === ownId && this.#awaited.done(true);
    }
    if (type === 'reset') {
      this.#heal();
    } else if (this.log.hasHole) {
      this.#hole ??= setTimeout(() => this.#heal(), 1_000);
    }
    this.emit('event', event);
    this.emit('change');
  }

  /** Reads the dialog and its newest messages, then follows it. Tries until it succeeds or is refused. */
  async #start() {
    this.#key = `${await this.#connection.identity} ${this.id} `;
    this.log.pending.forEach(({ id }) => this.#keep(id));
    for (const { id, text, at, problem } of this.#kept()) {
      this.log.addOwn(id, text, at, problem);
    }
    for (let tries = 0; !this.#isOver; tries++) {
      try {
        const [info, page] = await Promise.all([this.call('GET', ''), this.#history('')]);
        this.log.info = info;
        this.log.begin(page.messages, page.has_more);
        page.messages.forEach((message) => this.#keep(message.client_msg_id));
        this.#connection.follow(this);
        this.#pump();
        return;
      } catch (problem) {
        if (!problem.isPassing) {
          this.#end(problem);
          return;
        }
        this.emit('problem', problem);
        await new Promise((done) => setTimeout(done, Math.max(pause(tries), problem.retryAfterMs)));
      }
    }
  }

  /** Live events may be lost on the way; the log is not. */
  async #heal() {
    const { cursor } = this.log;
    try {
      const { messages } = await this.#history(`after=${cursor}`);
      messages.forEach((message) => this.#place(message));
    } catch {
      // Tried again below.
    }
    this.#hole = this.log.hasHole && !this.#isOver
      ? setTimeout(() => this.#heal(), this.log.cursor > cursor ? 0 : 1_000) : undefined;
    this.emit('change');
  }

  #history(query) {
    return this.call('GET', `/messages?limit=${PAGE}&${query}`);
  }

  #place(event) {
    for (const message of this.log.apply(event)) {
      this.#keep(message.client_msg_id);
      if (message.sender !== this.log.self) {
        this.#mark('delivered_seq', message.seq);
      }
      this.emit('message', message);
      if (message.sender === 'system') {
        this.change('GET', '');
      }
    }
  }

  /** One after the other, so that they are stored in the order in which they were written. */
  async #pump() {
    this.emit('change');
    const own = this.log.pending.find((message) => message.state !== 'failed' && !message.seq);
    if (!own || this.#isSending || this.#isOver || !this.#key || Date.now() < this.#notBefore) {
      return;
    }
    const { id, text } = own;
    this.#isSending = true;
    clearTimeout(this.#again);
    this.log.setOwn(id, 'sent');
    try {
      if (!await this.#overSocket(id, text)) {
        const ack = await this.call('POST', '/messages', { client_msg_id: id, text });
        this.receive({ ...ack, type: 'ack', client_msg_id: id });
      }
      this.#tries = 0;
    } catch (problem) {
      const isFinal = !problem.isPassing && problem.status !== 401;
      this.log.setOwn(id, isFinal ? 'failed' : 'waiting', isFinal ? problem : undefined);
      this.#keep(id);
      this.#notBefore = Date.now() + problem.retryAfterMs;
      this.#again = setTimeout(() => this.#pump(), isFinal ? 0 : Math.max(problem.retryAfterMs, pause(this.#tries++)));
    }
    this.#isSending = false;
    if (!this.#tries) {
      this.#pump();
    }
  }

  /** Whether it went over the socket and was acknowledged. What is not within ten seconds is sent by a request. */
  #overSocket(id, text) {
    return new Promise((done, fail) => {
      this.#awaited = { id, done, fail };
      if (!this.#tell({ type: 'message', client_msg_id: id, text })) {
        done(false);
      }
      setTimeout(done, 10_000, false);
    });
  }

  #refused(event) {
    const problem = new Problem(event);
    if (event.code === 'bad_frame') {
      this.#marks = {}; // an older gateway, which knows no receipts
    } else if (this.#awaited?.id === event.client_msg_id) {
      this.#awaited.fail(problem);
    } else {
      this.emit('problem', problem);
    }
  }

  /** Over the socket, else by a request. */
  #tell(frame, orElse) {
    const isSent = this.#connection.send({ ...frame, dialog_id: this.id });
    if (!isSent) {
      orElse?.().catch(() => undefined);
    }
    return isSent;
  }

  #mark(kind, seq) {
    if (seq > this.#marks[kind]) {
      this.#marks[kind] = seq;
      this.#marking ??= setTimeout(() => {
        this.#marking = undefined;
        this.#tell({ type: 'receipt', ...this.#marks }, () => this.call('POST', '/receipts', this.#marks));
      }, 1_000);
    }
  }

  #settle() {
    setTimeout(() => {
      this.log.settle();
      this.emit('change');
    }, SETTLED_MS);
  }

  async #try(task) {
    try {
      await task();
    } catch (problem) {
      this.emit('problem', problem);
    }
    this.emit('change');
  }

  #end(problem) {
    this.close();
    this.emit('end', problem);
    this.emit('change');
  }

  /** Each message has a place of its own, so that tabs do not overwrite each other's. */
  #keep(id) {
    if (id && this.#key) {
      save(this.#key + id, this.log.pending.find((own) => own.id === id), this.#store);
    }
  }

  #kept() {
    return Object.keys(this.#store).filter((key) => key.startsWith(this.#key)).map((key) => load(key, this.#store))
      .filter(Boolean).sort((one, other) => one.at - other.at);
  }
}
