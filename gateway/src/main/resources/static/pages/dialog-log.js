/**
 * What is known of one dialog: messages by their seq, the page's own messages that are not stored yet, answers in
 * flight, who has it, who is typing. Takes the events of the protocol in any order, and more than once. No page and no
 * network in here.
 */

const TYPING_ENDS_MS = 7_000;

/** An answer that nobody has mentioned for so long after a reconnect, or after it was promised, is not there any more. */
const UNMENTIONED_MS = 3_000;

/**
 * @typedef {object} Said a message of the log
 * @property {string} key the same for a message before and after it is stored
 * @property {number} seq
 * @property {string} type
 * @property {'user'|'assistant'|'manager'|'system'} sender
 * @property {string} text
 * @property {string} timestamp
 * @property {string} [sender_name]
 * @property {string} [request_id]
 * @property {'cancelled'|'failed'} [state]
 * @property {string} [reason] why an answer ended as it did, where that is known
 *
 * @typedef {object} Own a message of this page that is not stored yet
 * @property {string} id its client_msg_id
 * @property {string} text
 * @property {number} at
 * @property {'waiting'|'sent'|'failed'} state
 * @property {object} [problem] why it failed
 *
 * @typedef {object} Answer
 * @property {string} requestId
 * @property {number} inReplyTo seq of the question
 * @property {number} position in the queue, 1 = next; 0 when it runs
 * @property {string} text
 * @property {boolean} started
 */

export class DialogLog {
  #self;
  /** @type {Map<number, Said>} */
  #messages = new Map();
  /** @type {Map<string, Own>} */
  #own = new Map();
  /** @type {Map<string, Answer & {mentionedAt: number}>} */
  #answers = new Map();
  /** How answers ended, by request_id. */
  #ends = new Map();
  /** Why no answer was given to a message, by its seq. */
  #refusals = new Map();
  #typing = new Map();
  #stateSeq = 0;

  mode = 'ai';
  status = 'open';
  needsHuman = false;
  /** @type {{id: number, name: string}|undefined} */
  assignee;
  /** Every message up to here, and from the first one that was loaded, is here. */
  cursor = 0;
  hasEarlier = false;
  /** When an event last changed who is to speak. */
  changedAt = Date.now();

  /** @param {'user'|'manager'} self who the page speaks for */
  constructor(self) {
    this.#self = self;
  }

  /** Begins anew with the newest messages of the history; what is not stored yet stays. */
  begin(messages, hasEarlier) {
    this.#messages.clear();
    this.#answers.clear();
    this.#stateSeq = 0;
    this.hasEarlier = hasEarlier;
    this.cursor = messages.at(-1)?.seq ?? 0;
    messages.forEach((message) => this.#store(message));
  }

  addEarlier(messages, hasEarlier) {
    this.hasEarlier = hasEarlier;
    messages.forEach((message) => this.#put(message));
  }

  /** The dialog as a request told it, unless events have told something newer. */
  setDialog(dialog) {
    if (dialog.seq >= this.#stateSeq) {
      this.mode = dialog.mode;
      this.status = dialog.status;
      this.needsHuman = dialog.needs_human;
      this.assignee = dialog.assignee;
    }
  }

  /**
   * Takes an event.
   *
   * @returns {Said|undefined} the message that it brought, if it is new
   */
  apply(event) {
    switch (event.type) {
      case 'hello':
        this.mode = event.mode;
        this.status = event.status;
        this.#answers.forEach((answer) => this.#mention(answer.requestId, { mentionedAt: Date.now(), confirmed: false }));
        return undefined;
      case 'answer_queued':
        return this.#mention(event.request_id, { position: event.position, inReplyTo: event.in_reply_to });
      case 'answer_started':
        return this.#mention(event.request_id, { position: 0, started: true, inReplyTo: event.in_reply_to });
      case 'answer_delta':
        return this.#grow(event);
      case 'answer_finished':
        return this.#finish(event);
      case 'typing_start':
        this.#typing.set(event.sender_id, { name: event.sender_name, until: Date.now() + TYPING_ENDS_MS });
        return undefined;
      case 'typing_stop':
        this.#typing.delete(event.sender_id);
        return undefined;
      case 'ack':
        return this.#acknowledge(event);
      case 'error':
        return this.fail(event.client_msg_id, event);
      default:
        return event.seq && event.sender ? this.#store(event) : undefined;
    }
  }

  /** Adds a message of this page, to be sent. */
  addOwn(id, text, at = Date.now()) {
    this.#own.set(id, { id, text, at, state: 'waiting' });
  }

  /** @returns {Own[]} what is not stored yet, in the order in which it was written */
  get pending() {
    return [...this.#own.values()];
  }

  setSent(id) {
    this.#changeOwn(id, { state: 'sent', problem: undefined });
  }

  /** It is not known to have arrived: it waits for the next connection. */
  setWaiting(id) {
    this.#changeOwn(id, { state: 'waiting', problem: undefined });
  }

  fail(id, problem) {
    this.#changeOwn(id, { state: 'failed', problem });
  }

  removeOwn(id) {
    this.#own.delete(id);
  }

  /** An answer to the message with this seq has been promised. */
  expectAnswer({ request_id: requestId, position }, seq) {
    this.#refusals.delete(seq);
    if (!this.#answers.has(requestId)) {
      this.#mention(requestId, { position, inReplyTo: seq, mentionedAt: Date.now(), confirmed: false });
    }
  }

  /** Forgets answers that nobody has mentioned: they ended while this page was away. */
  settle(now = Date.now()) {
    for (const answer of this.#answers.values()) {
      if (!answer.confirmed && now - answer.mentionedAt > UNMENTIONED_MS) {
        this.#answers.delete(answer.requestId);
        this.changedAt = now;
      }
    }
  }

  /** Whether a message between the ones here is missing. */
  get hasHole() {
    return this.cursor < this.newest;
  }

  get newest() {
    return Math.max(this.cursor, ...this.#messages.keys());
  }

  get first() {
    return Math.min(Infinity, ...this.#messages.keys());
  }

  /** @returns {Said[]} in the order of the log */
  get messages() {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  /** @returns {Answer[]} */
  get answers() {
    return [...this.#answers.values()];
  }

  /** @returns {Array<string|undefined>} the names of those who are typing; undefined for one without a name */
  typing(now = Date.now()) {
    return [...this.#typing.values()].filter((typist) => typist.until > now).map((typist) => typist.name);
  }

  /**
   * The visitor's newest message, if the assistant owes an answer to it and none is under way.
   *
   * @returns {{seq: number, isBegun: boolean, reason: string|undefined}|undefined} isBegun: some of an answer is there
   */
  get unanswered() {
    if (this.mode !== 'ai' || this.status !== 'open' || this.#answers.size > 0 || this.#own.size > 0) {
      return undefined;
    }
    let isBegun = false;
    for (const message of this.messages.reverse()) {
      if (message.sender === 'user') {
        return { seq: message.seq, isBegun, reason: this.#refusals.get(message.seq) };
      }
      if (message.sender === 'manager' || (message.sender === 'assistant' && !message.state)) {
        return undefined;
      }
      isBegun ||= message.sender === 'assistant';
    }
    return undefined;
  }

  #store(message) {
    const isNew = !this.#messages.has(message.seq);
    const stored = this.#put(message);
    while (this.#messages.has(this.cursor + 1)) {
      this.cursor++;
    }
    if (!isNew) {
      return undefined;
    }
    this.changedAt = Date.now();
    this.#typing.delete(message.sender_id);
    if (message.sender === 'assistant') {
      this.#answers.delete(message.request_id);
    } else if (message.sender === 'system' && message.seq > this.#stateSeq) {
      this.#change(message);
    }
    return stored;
  }

  #put(message) {
    const known = this.#messages.get(message.seq);
    const stored = { ...known, ...message, key: known?.key ?? this.#key(message) };
    const reason = this.#ends.get(message.request_id);
    if (message.sender === 'assistant' && reason) {
      stored.reason = reason;
    }
    this.#messages.set(message.seq, stored);
    return stored;
  }

  #key(message) {
    if (message.sender === 'assistant') {
      return `answer:${message.request_id ?? message.seq}`;
    }
    return message.sender === this.#self && this.#own.delete(message.client_msg_id)
      ? `own:${message.client_msg_id}`
      : `seq:${message.seq}`;
  }

  /** What a message of the system says of the dialog itself. */
  #change(message) {
    this.#stateSeq = message.seq;
    switch (message.type) {
      case 'handoff_started':
        this.mode = 'human';
        this.needsHuman = false;
        this.assignee = message.manager;
        this.#answers.clear();
        break;
      case 'handoff_ended':
        this.mode = 'ai';
        this.needsHuman = false;
        this.assignee = undefined;
        break;
      case 'human_requested':
        this.needsHuman = true;
        break;
      case 'dialog_closed':
        this.status = 'closed';
        this.needsHuman = false;
        this.#answers.clear();
        break;
      case 'dialog_reopened':
        this.status = 'open';
        break;
      default:
    }
  }

  #mention(requestId, news) {
    if (this.#isOver(requestId)) {
      return;
    }
    const known = this.#answers.get(requestId) ?? { requestId, inReplyTo: 0, position: 0, text: '', started: false };
    this.#answers.set(requestId, { ...known, confirmed: true, ...news });
    this.changedAt = Date.now();
  }

  #grow({ request_id: requestId, offset, text }) {
    const before = this.#answers.get(requestId)?.text ?? '';
    if (offset <= before.length) {
      this.#mention(requestId, { position: 0, started: true, text: before.slice(0, offset) + text });
    }
  }

  #finish({ request_id: requestId, reason, seq }) {
    const inReplyTo = this.#answers.get(requestId)?.inReplyTo;
    this.#answers.delete(requestId);
    this.#ends.set(requestId, reason);
    this.changedAt = Date.now();
    if (reason !== 'done' && inReplyTo) {
      this.#refusals.set(inReplyTo, reason);
    }
    if (this.#messages.has(seq)) {
      this.#put(this.#messages.get(seq));
    }
  }

  #isOver(requestId) {
    return this.#ends.has(requestId)
      || [...this.#messages.values()].some((said) => said.sender === 'assistant' && said.request_id === requestId);
  }

  #acknowledge({ client_msg_id: id, id: messageId, seq, timestamp, answer, answer_refused: refused }) {
    const own = this.#own.get(id);
    if (own) {
      this.#store({
        type: 'message', seq, id: messageId, sender: this.#self, text: own.text, timestamp, client_msg_id: id,
      });
    }
    if (refused) {
      this.#refusals.set(seq, refused.code);
    } else if (answer) {
      this.expectAnswer(answer, seq);
    }
  }

  #changeOwn(id, change) {
    if (this.#own.has(id)) {
      this.#own.set(id, { ...this.#own.get(id), ...change });
    }
  }
}
