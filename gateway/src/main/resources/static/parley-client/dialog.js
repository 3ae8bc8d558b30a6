/** One dialog, as a page uses it: a log, which history and live events fill, and an outbox. */

import { Emitter, Problem, load, newId, pause, save, sleep } from './base.js';

/** An answer that nobody has mentioned for so long after a hello, or after it was promised, is not there any more. */
const UNMENTIONED_MS = 3_000;

/**
 * What is known of a dialog. Takes events in any order, and more than once; shows messages in order and without a gap.
 *
 * @typedef {{id: string, text: string, at: number, state: 'waiting'|'sent'|'failed', problem?: object}} Own
 * @typedef {{requestId: string, inReplyTo: number, position: number, text: string, started: boolean}} Answer
 */
export class DialogLog {
  #early = new Map();
  #own = new Map();
  #answers = new Map();
  #ended = new Set();
  #newest = 0;

  /** As the protocol has them, with a `key` that is the same before and after a message is stored. */
  messages = [];
  /** The seq of the last of them. */
  cursor = 0;
  hasEarlier = false;
  /** The dialog as GET shows it. */
  info = { mode: 'ai', status: 'open', needs_human: false };

  /** @param {'user'|'manager'} self who the page speaks for */
  constructor(self) {
    this.self = self;
  }

  /** @returns {Own[]} what is not stored yet */
  get pending() {
    return [...this.#own.values()];
  }

  /** @returns {Answer[]} those that wait (position 1 = next) or grow (0) */
  get answers() {
    return [...this.#answers.values()];
  }

  get hasHole() {
    return this.#early.size > 0 || this.cursor < this.#newest;
  }

  /** Begins with the newest messages of the history. */
  begin(messages, hasEarlier) {
    this.hasEarlier = hasEarlier;
    this.cursor = (messages[0]?.seq ?? 1) - 1;
    messages.forEach((message) => this.apply(message));
  }

  addEarlier(messages, hasEarlier) {
    this.hasEarlier = hasEarlier;
    this.messages.unshift(...messages.map((message) => this.#said(message)));
  }

  /** @returns {object[]} the messages that have come into their places by this event */
  apply(event) {
    const { type, request_id: id, seq, position, offset, in_reply_to: inReplyTo, client_msg_id: ownId } = event;
    const own = this.#own.get(ownId);
    if (type === 'hello' || type === 'reset') {
      this.#newest = Math.max(this.#newest, seq ?? 0);
      this.#answers.forEach((answer) => {
        answer.doubtedAt = Date.now();
      });
    } else if (type === 'answer_queued') {
      this.#mention(id, { position, inReplyTo });
    } else if (type === 'answer_started') {
      this.#mention(id, { position: 0, started: true, inReplyTo });
    } else if (type === 'answer_delta' && !this.lacks(event)) {
      const before = this.#answers.get(id)?.text ?? '';
      this.#mention(id, { position: 0, started: true, text: before.slice(0, offset) + event.text });
    } else if (type === 'answer_finished') {
      this.#end(id);
    } else if (type === 'ack') {
      if (event.answer) {
        this.expectAnswer(event.answer, seq);
      }
      if (own) {
        own.seq = seq;
        const { text } = own;
        return this.#store({ ...event, type: 'message', sender: this.self, text });
      }
    } else if (seq && event.sender) {
      return this.#store(event);
    }
    return [];
  }

  /** Whether a delta stands behind text that never came. */
  lacks({ request_id: id, offset }) {
    return !this.#ended.has(id) && offset > (this.#answers.get(id)?.text.length ?? 0);
  }

  addOwn(id, text, at = Date.now(), problem = undefined) {
    this.#own.set(id, { id, text, at, problem, state: problem ? 'failed' : 'waiting' });
  }

  removeOwn(id) {
    this.#own.delete(id);
  }

  /** An answer to the message with this seq has been promised. */
  expectAnswer({ request_id: id, position }, inReplyTo) {
    if (!this.#answers.has(id)) {
      this.#mention(id, { position, inReplyTo, doubtedAt: Date.now() });
    }
  }

  /** Forgets answers that nobody has mentioned. */
  settle(now = Date.now()) {
    this.#answers.forEach(({ doubtedAt }, id) => now - doubtedAt >= UNMENTIONED_MS && this.#answers.delete(id));
  }

  #store(message) {
    const { seq } = message;
    const known = this.messages[seq - this.messages[0]?.seq];
    if (seq > this.cursor) {
      this.#early.set(seq, message);
    } else {
      this.#own.delete(message.client_msg_id);
      Object.assign(known ?? {}, message);
    }
    const placed = [];
    for (let next; (next = this.#early.get(this.cursor + 1));) {
      this.#early.delete(++this.cursor);
      placed.push(this.#said(next));
    }
    this.messages.push(...placed);
    return placed;
  }

  #said(message) {
    const { sender, seq, client_msg_id: ownId, request_id: requestId = seq } = message;
    let key = `seq:${seq}`;
    if (sender === 'assistant') {
      this.#end(requestId);
      key = `answer:${requestId}`;
    } else if (sender === this.self && this.#own.delete(ownId)) {
      key = `own:${ownId}`;
    }
    return { ...message, key };
  }

  #mention(requestId, news) {
    if (!this.#ended.has(requestId)) {
      const known = this.#answers.get(requestId) ?? { requestId, inReplyTo: 0, position: 0, text: '', started: false };
      this.#answers.set(requestId, { ...known, doubtedAt: undefined, ...news });
    }
  }

  #end(requestId) {
    this.#answers.delete(requestId);
    this.#ended.add(requestId);
  }
}

/**
 * Events: `change` (something is to be shown anew), `message` (one has come into its place in the log), `event` (any of
 * the protocol), `problem` (something that was tried did not go well), `end` (it cannot be followed any more, and why).
 */
export class Dialog extends Emitter {
  #connection;
  #area;
  #key;
  #isOver = false;
  #isSending = false;
  #notBefore = 0;
  #tries = 0;
  #again;
  #awaited;
  #hole;
  #marks = { delivered_seq: 0, read_seq: 0 };
  #marking;

  /** @param {{log?: DialogLog, area?: 'localStorage'|'sessionStorage'}} options where unsent messages are kept */
  constructor(connection, id, { log, area } = {}) {
    super();
    this.id = id;
    this.log = log ?? new DialogLog(connection.audience === 'admin' ? 'manager' : 'user');
    this.#connection = connection;
    this.#area = area;
    this.#start();
  }

  /** Says something: it is shown at once, and sent as soon as that can be done. */
  send(text) {
    const id = newId();
    this.log.addOwn(id, text);
    this.#keep(id);
    this.#pump();
    return id;
  }

  /** Sends a message again that has failed. */
  retry(id) {
    const { text, at } = this.#own(id);
    this.log.addOwn(id, text, at);
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
        () => this.#connection.call('DELETE', `/ai/requests/${requestId}`));
    }
  }

  setTyping(typing) {
    this.#tell({ type: typing ? 'typing_start' : 'typing_stop' }, () => this.call('POST', '/typing', { typing }));
  }

  /** All messages up to here were read. */
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
    return this.#connection.call(method, `/dialogs/${this.id}${path}`, body);
  }

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
      this.#awaited?.done();
      this.#pump();
    } else if (type === 'error') {
      const problem = new Problem(event);
      if (this.#awaited?.id === ownId) {
        this.#awaited.fail(problem);
      } else if (event.code === 'bad_frame') {
        this.#marks = {}; // an older gateway, which knows no receipts
      } else {
        this.emit('problem', problem);
      }
    } else if (this.#awaited?.id === ownId) {
      this.#awaited.done(true);
    }
    if (this.log.hasHole) {
      this.#hole ??= setTimeout(() => this.#heal(), 1_000);
    }
    this.emit('event', event);
    this.emit('change');
  }

  /** Reads the dialog and its newest messages, then follows it. Tries until it succeeds or is refused. */
  async #start() {
    this.#key = `${await this.#connection.identity} ${this.id}`;
    this.log.pending.forEach(({ id }) => this.#keep(id));
    for (const { id, text, at, problem } of Object.values(load(this.#key, this.#area) ?? {})) {
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
        await sleep(Math.max(pause(tries), problem.retryAfterMs));
      }
    }
  }

  /** Live events may be lost on the way; the log is not. */
  async #heal() {
    const { cursor } = this.log;
    const { messages } = await this.#history(`after=${cursor}`).catch(() => ({ messages: [] }));
    messages.forEach((message) => this.#place(message));
    const isOn = this.log.hasHole && !this.#isOver;
    this.#hole = isOn ? setTimeout(() => this.#heal(), this.log.cursor > cursor ? 0 : 1_000) : undefined;
    this.emit('change');
  }

  #history(query) {
    return this.call('GET', `/messages?limit=50&${query}`);
  }

  #place(event) {
    for (const message of this.log.apply(event)) {
      this.#keep(message.client_msg_id);
      if (message.sender !== this.log.self) {
        this.#mark('delivered_seq', message.seq);
      }
      if (message.sender === 'system') {
        this.change('GET', '');
      }
      this.emit('message', message);
    }
  }

  #own(id) {
    return this.log.pending.find((own) => own.id === id);
  }

  /** One after the other, so that they are stored in the order in which they were written. */
  async #pump() {
    this.emit('change');
    const own = this.log.pending.find((message) => message.state !== 'failed' && !message.seq);
    if (!own || this.#isSending || this.#isOver || !this.#key || Date.now() < this.#notBefore) {
      return;
    }
    const { id: ownId, text } = own;
    this.#isSending = true;
    clearTimeout(this.#again);
    own.state = 'sent';
    let wait = 0;
    try {
      if (!await this.#overSocket(own)) {
        const ack = await this.call('POST', '/messages', { client_msg_id: ownId, text });
        this.receive({ ...ack, type: 'ack', client_msg_id: ownId });
      }
      this.#tries = 0;
    } catch (problem) {
      const isFinal = !problem.isPassing && problem.status !== 401;
      Object.assign(own, isFinal ? { state: 'failed', problem: { ...problem } } : { state: 'waiting' });
      this.#keep(ownId);
      this.#notBefore = Date.now() + problem.retryAfterMs;
      wait = isFinal ? 0 : Math.max(problem.retryAfterMs, pause(this.#tries++));
    }
    this.#isSending = false;
    this.#again = setTimeout(() => this.#pump(), wait);
  }

  /** Whether it went over the socket and was acknowledged. What is not within ten seconds is sent by a request. */
  #overSocket({ id, text }) {
    return new Promise((done, fail) => {
      this.#awaited = { id, done, fail };
      if (!this.#tell({ type: 'message', client_msg_id: id, text })) {
        done();
      }
      setTimeout(done, 10_000);
    });
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
    }, UNMENTIONED_MS + 200);
  }

  async #try(task) {
    await task().catch((problem) => this.emit('problem', problem));
    this.emit('change');
  }

  #end(problem) {
    this.close();
    this.emit('end', problem);
    this.emit('change');
  }

  /** Keeps an unsent message beyond the page, or forgets it. */
  #keep(id) {
    if (id && this.#key) {
      const { [id]: old, ...others } = load(this.#key, this.#area) ?? {};
      const own = this.#own(id);
      if (old || own) {
        save(this.#key, { ...others, ...(own && { [id]: own }) }, this.#area);
      }
    }
  }
}
