/** What is known of one dialog. Takes events in any order, and more than once; what it shows is in order and without a gap. */

/** An answer that nobody has mentioned for so long after a hello, or after it was promised, is not there any more. */
const UNMENTIONED_MS = 3_000;

/**
 * @typedef {object} Said the protocol's `message`, with a `key` that is the same before and after it is stored
 * @typedef {{id: string, text: string, at: number, state: 'waiting'|'sent'|'failed', problem?: object}} Own
 *   a message of this page that is not stored yet
 * @typedef {{requestId: string, inReplyTo: number, position: number, text: string, started: boolean}} Answer
 *   one that waits (position 1 = next) or grows (0)
 */

export class DialogLog {
  /** What came before its turn, by seq. */
  #early = new Map();
  #own = new Map();
  #answers = new Map();
  /** Answers that are over. */
  #ended = new Set();
  #newest = 0;

  /** @type {Said[]} */
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

  /** @returns {Said[]} the messages that have come into their places by this event */
  apply(event) {
    const { type, request_id: id, seq, position, text } = event;
    if (type === 'hello' || type === 'reset') {
      this.#newest = Math.max(this.#newest, seq ?? 0);
      if (event.mode) {
        this.info = { ...this.info, mode: event.mode, status: event.status };
      }
      if (type === 'hello') {
        this.#answers.forEach((answer) => Object.assign(answer, { doubtedAt: Date.now() }));
      }
    } else if (type === 'answer_queued') {
      this.#mention(id, { position, inReplyTo: event.in_reply_to });
    } else if (type === 'answer_started') {
      this.#mention(id, { position: 0, started: true, inReplyTo: event.in_reply_to });
    } else if (type === 'answer_delta' && !this.lacks(event)) {
      const before = this.#answers.get(id)?.text ?? '';
      this.#mention(id, { position: 0, started: true, text: before.slice(0, event.offset) + text });
    } else if (type === 'answer_finished') {
      this.#end(id);
    } else if (type === 'ack') {
      return this.#acknowledge(event);
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
    this.#own.set(id, { id, text, at, state: problem ? 'failed' : 'waiting', problem });
  }

  setOwn(id, state, problem = undefined) {
    Object.assign(this.#own.get(id) ?? {}, { state, problem });
  }

  removeOwn(id) {
    this.#own.delete(id);
  }

  /** @returns {Own[]} in the order in which it was written */
  get pending() {
    return [...this.#own.values()];
  }

  /** @returns {Answer[]} */
  get answers() {
    return [...this.#answers.values()];
  }

  /** An answer to the message with this seq has been promised. */
  expectAnswer({ request_id: id, position }, inReplyTo) {
    if (!this.#answers.has(id)) {
      this.#mention(id, { position, inReplyTo, doubtedAt: Date.now() });
    }
  }

  /** Forgets answers that nobody has mentioned: they ended while this page was away. */
  settle(now = Date.now()) {
    for (const { requestId, doubtedAt } of this.answers) {
      if (now - doubtedAt >= UNMENTIONED_MS) {
        this.#answers.delete(requestId);
      }
    }
  }

  /** Whether there are messages beyond the last one here. */
  get hasHole() {
    return this.#early.size > 0 || this.cursor < this.#newest;
  }

  #store(message) {
    const known = this.messages[message.seq - this.messages[0]?.seq];
    if (known) {
      Object.assign(known, message);
    } else if (message.seq > this.cursor) {
      this.#early.set(message.seq, message);
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

  #acknowledge({ client_msg_id: id, id: messageId, seq, timestamp, answer }) {
    const own = this.#own.get(id);
    if (answer) {
      this.expectAnswer(answer, seq);
    }
    if (!own) {
      return [];
    }
    if (seq <= this.cursor) {
      this.#own.delete(id);
    }
    own.seq = seq;
    return this.#store({
      type: 'message', seq, id: messageId, sender: this.self, text: own.text, timestamp, client_msg_id: id,
    });
  }
}
