/**
 * What is known of a dialog. Takes events in any order, and more than once; messages are in order and without a gap.
 *
 * @typedef {{seq: number, id: number, key: string, sender: 'user'|'assistant'|'manager'|'system', text: string,
 *   timestamp: string, client_msg_id?: string, request_id?: string, state?: string}} Message as the protocol has it; `key`
 *   is the same for an answer that grows, or a message that is on its way, and for the message that it becomes
 * @typedef {{requestId: string, inReplyTo: number, position: number, started: boolean, text: string, startsInMs?: number,
 *   phase?: 'loading'|'unavailable'}} Answer one in flight; `phase` is what it waits for beside its turn
 * @typedef {{id: string, text: string, at: number, state: 'waiting'|'sent'|'failed', seq?: number, problem?: object}} Own a
 *   message of this page of which the gateway has not told yet
 * @typedef {{sender: 'user'|'manager', sender_id: string, sender_name?: string, status: 'online'|'away'|'offline',
 *   last_seen: string}} Present somebody else who is in the dialog, or was
 */
export class DialogLog {
  #early = new Map();
  own = new Map();
  #answers = new Map();
  #ended = new Set();
  #newest = 0;
  #people = new Map();

  /** @type {Message[]} */
  messages = [];
  /** The newest message before which none is missing. */
  cursor = 0;
  /** How far anybody of the other side has received it, and how far read. */
  deliveredSeq = 0;
  readSeq = 0;
  info = { mode: 'ai', status: 'open', needs_human: false };

  /** @param {'user'|'manager'} self as whom this page speaks */
  constructor(self) {
    this.self = self;
  }

  /** What is on its way. @returns {Own[]} */
  get pending() {
    return [...this.own.values()];
  }

  /** Answers in flight, the oldest first. @returns {Answer[]} */
  get answers() {
    return [...this.#answers.values()];
  }

  /** Those of whom the gateway has told. @returns {Present[]} */
  get people() {
    return [...this.#people.values()];
  }

  /**
   * How far one of this side's messages has come.
   *
   * @param {Message} message
   * @returns {'sent'|'delivered'|'read'}
   */
  statusOf({ seq, status = 'sent' }) {
    return status === 'read' || seq <= this.readSeq ? 'read' : seq <= this.deliveredSeq ? 'delivered' : status;
  }

  /** Whether there is something before the first message. @returns {boolean} */
  get hasEarlier() {
    return this.messages[0]?.seq > 1;
  }

  /** Whether a message has been heard of, and one before it has not come. @returns {boolean} */
  get hasHole() {
    return this.#early.size > 0 || this.cursor < this.#newest;
  }

  /** Begins with the newest page of the history. @param {Message[]} messages */
  begin(messages) {
    this.cursor = Math.max(this.cursor, (messages[0]?.seq ?? 1) - 1);
    messages.forEach((message) => this.apply(message));
  }

  /** Puts a page of the history before all. @param {Message[]} messages */
  addEarlier(messages) {
    this.messages.unshift(...messages.map((message) => this.#said(message)));
  }

  /**
   * @param {object} event of the protocol
   * @returns {Message[]} those that have their place now
   */
  apply(event) {
    const { type, request_id: id, seq, position, offset, in_reply_to: inReplyTo, client_msg_id: ownId } = event;
    const own = this.own.get(ownId);
    if (type === 'hello' || type === 'reset') {
      this.#newest = Math.max(this.#newest, seq ?? 0);
      this.#answers.forEach((answer) => {
        answer.doubtedAt = Date.now();
      });
    } else if (type === 'answer_queued') {
      this.#mention(id, { position, startsInMs: event.starts_in_ms, phase: event.phase, inReplyTo });
    } else if (type === 'answer_started') {
      this.#mention(id, { position: 0, started: true, inReplyTo });
    } else if (type === 'answer_delta') {
      const before = this.#answers.get(id)?.text ?? '';
      if (offset <= before.length) {
        this.#mention(id, { position: 0, started: true, text: before.slice(0, offset) + event.text });
      }
    } else if (type === 'answer_finished') {
      this.#end(id);
    } else if (type === 'presence') {
      this.#people.set(`${event.sender} ${event.sender_id}`, event);
    } else if (type === 'receipt' && event.sender !== this.self) {
      this.deliveredSeq = Math.max(this.deliveredSeq, event.delivered_seq);
      this.readSeq = Math.max(this.readSeq, event.read_seq);
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

  /** Shows a message of this page before it is stored. @param {string} id @param {string} text */
  addOwn(id, text, at = Date.now(), problem = undefined) {
    this.own.set(id, { id, text, at, problem, state: problem ? 'failed' : 'waiting' });
  }

  /** An answer that somebody was promised; one that nothing is heard of is not there. */
  expectAnswer({ request_id: id, position }, inReplyTo) {
    if (!this.#answers.has(id)) {
      this.#mention(id, { position, inReplyTo, doubtedAt: Date.now() });
    }
  }

  /** Forgets answers that are told of no more, as when they have ended while the line was away. */
  settle(now = Date.now()) {
    this.#answers.forEach(({ doubtedAt }, id) => now - doubtedAt > 3_000 && this.#answers.delete(id));
  }

  #store(message) {
    const { seq } = message;
    const known = this.messages[seq - this.messages[0]?.seq];
    if (seq > this.cursor) {
      this.#early.set(seq, message);
    } else {
      this.own.delete(message.client_msg_id);
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
    } else if (sender === this.self && this.own.delete(ownId)) {
      key = `own:${ownId}`;
    }
    return { ...message, key };
  }

  #mention(requestId, news) {
    if (!this.#ended.has(requestId)) {
      const known = this.#answers.get(requestId) ?? { requestId, inReplyTo: 0, position: 0, text: '' };
      // One that has started may wait again, where its model was not ready after all.
      this.#answers.set(requestId, { ...known, doubtedAt: undefined, phase: undefined, started: false, ...news });
    }
  }

  #end(requestId) {
    this.#answers.delete(requestId);
    this.#ended.add(requestId);
  }
}
