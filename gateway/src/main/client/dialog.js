import { DialogLog } from './dialog-log.js';
import { Problem } from './problem.js';
import { Receipts } from './receipts.js';
import { Emitter, load, newId, pause, save, sleep } from './tools.js';

/** Events: `change` (show it anew), `message` (one is in its place), `event`, `problem`, `end` (it is followed no more). */
export class Dialog extends Emitter {
  #connection;
  #area;
  #key;
  #isOver = false;
  #isSending = false;
  #notBefore = 0;
  #tries = 0;
  #again;
  #awaited = { id: '', done() {} };
  #hole;
  #isShown = true;
  #receipts = new Receipts((marks) => {
    this.#tell({ type: 'receipt', ...marks }, () => this.call('POST', '/receipts', marks));
  });

  /**
   * @param {Connection} connection @param {number} id
   * @param {{log?: DialogLog, area?: 'localStorage'|'sessionStorage'}} [options]
   */
  constructor(connection, id, { log, area } = {}) {
    super();
    this.id = id;
    this.log = log ?? new DialogLog(connection.audience === 'admin' ? 'manager' : 'user');
    this.#connection = connection;
    this.#area = area;
    this.#start().catch(() => undefined);
  }

  /**
   * Shows the message at once, and sends it until the gateway has it, once, also after the page was loaded anew.
   *
   * @param {string} text @returns {string} its `client_msg_id`
   */
  send(text) {
    const id = newId();
    this.log.addOwn(id, text);
    this.#keep(id);
    this.#pump();
    return id;
  }

  /** Sends one again that has failed. @param {string} id */
  retry(id) {
    const { text, at } = this.log.own.get(id);
    this.log.addOwn(id, text, at);
    this.#pump();
  }

  /** Forgets one that has failed. @param {string} id */
  discard(id) {
    this.log.own.delete(id);
    this.#keep(id);
    this.emit('change');
  }

  /** Stops the answers in flight, those that wait first, so that none of them begins meanwhile. */
  stopAnswers() {
    for (const { requestId } of this.log.answers.sort((one, other) => other.position - one.position)) {
      this.#tell({ type: 'cancel', request_id: requestId }, () => this.call('DELETE', `/answers/${requestId}`));
    }
  }

  /** Others see it for 6 s. @param {boolean} typing */
  setTyping(typing) {
    this.#tell({ type: typing ? 'typing_start' : 'typing_stop' }, () => this.call('POST', '/typing', { typing }));
  }

  /** Everything up to there has been seen by somebody. @param {number} [seq] */
  markRead(seq = this.log.cursor) {
    this.#receipts.mark('read_seq', seq);
  }

  /** Whether the page shows this dialog. Then what comes is marked as read, while somebody looks at the page. */
  set isShown(isShown) {
    this.#isShown = isShown;
    this.look();
  }

  /** Somebody may be looking now. */
  look() {
    if (this.#isShown && !document.hidden) {
      this.markRead();
    }
  }

  /** A visitor asks for a human; an operator takes over. */
  handOff() {
    return this.change('POST', '/handoff');
  }

  /** Asks for another answer. @param {number} seq of the question */
  askAgain(seq) {
    return this.#try(async () => {
      this.log.expectAnswer(await this.call('POST', '/answers', { in_reply_to: seq }), seq);
      this.#settle();
    });
  }

  /** Changes the dialog, or looks at it: `info` of the log is its new state. @param {string} method @param {string} path */
  change(method, path) {
    return this.#try(async () => {
      this.log.info = await this.call(method, path);
    });
  }

  /** Reads one more page of the history. */
  loadEarlier() {
    return this.#try(async () => {
      const { messages } = await this.#history(`before=${this.log.messages[0].seq}`);
      this.log.addEarlier(messages);
    });
  }

  /** @param {string} method @param {string} path below the dialog's own @param {object} [body] @returns {Promise<any>} */
  call(method, path, body) {
    return this.#connection.call(method, `/dialogs/${this.id}${path}`, body);
  }

  /** Follows it no more. */
  close() {
    this.#isOver = true;
    this.#receipts.stop();
    this.#connection.leave(this.id);
  }

  /** What the line has heard. @param {object} event */
  receive(event) {
    const { type, client_msg_id: ownId } = event;
    if (this.#isOver) {
      return;
    }
    this.#place(event);
    if (type === 'refused') {
      this.#end(new Problem(event.problem));
    } else if (type === 'hello') {
      this.#settle();
      this.#receipts.tell(); // again, for what a lost line was given may be lost
      this.#awaited.done();
      this.#pump();
    } else if (type === 'error') {
      const problem = new Problem(event);
      if (this.#awaited.id === ownId) {
        this.#awaited.fail(problem);
      } else {
        this.emit('problem', problem);
      }
    } else if (this.#awaited.id === ownId) {
      this.#keep(ownId);
      this.#awaited.done(true);
    }
    if (this.log.hasHole) {
      this.#hole ??= setTimeout(() => this.#heal(), 1_000);
    }
    this.emit('event', event);
    this.emit('change');
  }

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
        this.log.begin(page.messages);
        this.#receipts.mark('delivered_seq', this.log.cursor);
        this.look();
        page.messages.forEach((message) => this.#keep(message.client_msg_id));
        this.#connection.follow(this);
        this.#pump();
        return;
      } catch (problem) {
        if (!problem.isPassing) {
          return this.#end(problem);
        }
        this.emit('problem', problem);
        await sleep(Math.max(pause(tries), problem.retryAfterMs));
      }
    }
  }

  /** Reads what was heard of and has not come. */
  async #heal() {
    const { cursor } = this.log;
    const { messages } = await this.#history(`after=${cursor}`).catch(() => ({ messages: [] }));
    messages.forEach((message) => this.#place(message));
    this.#hole = undefined;
    if (this.log.hasHole && !this.#isOver) {
      this.#hole = setTimeout(() => this.#heal(), this.log.cursor > cursor ? 0 : 1_000);
    }
    this.emit('change');
  }

  #history(query) {
    return this.call('GET', `/messages?limit=50&${query}`);
  }

  #place(event) {
    for (const message of this.log.apply(event)) {
      this.#keep(message.client_msg_id);
      if (!message.key.startsWith('own')) {
        this.#receipts.mark('delivered_seq', message.seq);
        this.look();
      }
      if (message.sender === 'system') {
        this.change('GET', '');
      }
      this.emit('message', message);
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
    own.state = 'sent';
    let wait = 0;
    try {
      if (!await this.#overSocket(own)) {
        const began = Date.now();
        const ack = await this.call('POST', '/messages', { client_msg_id: id, text });
        this.#connection.expect(began);
        this.receive({ ...ack, type: 'ack', client_msg_id: id });
      }
      this.#tries = 0;
    } catch (problem) {
      const isFinal = !problem.isPassing && problem.status !== 401;
      Object.assign(own, isFinal ? { state: 'failed', problem: { ...problem } } : { state: 'waiting' });
      this.#keep(id);
      this.#notBefore = Date.now() + problem.retryAfterMs;
      wait = isFinal ? 0 : Math.max(problem.retryAfterMs, pause(this.#tries++));
    }
    this.#isSending = false;
    this.#again = setTimeout(() => this.#pump(), wait);
  }

  /** @returns {Promise<boolean|undefined>} whether the gateway has it; where that is not known, it has to be sent again */
  #overSocket({ id, text }) {
    return new Promise((done, fail) => {
      this.#awaited = { id, done, fail };
      if (!this.#tell({ type: 'message', client_msg_id: id, text })) {
        done();
      }
      setTimeout(done, 10_000);
    });
  }

  #tell(frame, orElse) {
    const isSent = this.#connection.send({ ...frame, dialog_id: this.id });
    if (!isSent) {
      orElse?.().catch(() => undefined);
    }
    return isSent;
  }

  #settle() {
    setTimeout(() => {
      this.log.settle();
      this.emit('change');
    }, 3_200);
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

  #keep(id) {
    if (id && this.#key) {
      const { [id]: old, ...others } = load(this.#key, this.#area) ?? {};
      const own = this.log.own.get(id);
      if (old || own) {
        save(this.#key, { ...others, ...(own && { [id]: own }) }, this.#area);
      }
    }
  }
}
