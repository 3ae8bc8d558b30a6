/**
 * Parley's client: follows dialogs and speaks in them, whatever the network does. A visitor's page needs no more than
 *
 *     import { visit } from 'https://chat.example.com/parley-client.js';
 *     const { dialog } = await visit({ assistantId: 1 });
 *     dialog.on('change', () => show(dialog.log.messages, dialog.log.answers, dialog.log.pending));
 *     dialog.send('Hello');
 *
 * and one for signed-in people (`site`) or operators (`admin`):
 *
 *     const connection = new Connection({ audience: 'site', token: async () => (await fetch('/token')).text() });
 *     const dialog = connection.dialog(7);
 */

const LASTING = ['bad_request', 'conflict', 'forbidden', 'not_found', 'too_large', 'unauthorized'];

/** Why something did not go well: the gateway's own words, or `unreachable`. */
export class Problem extends Error {
  constructor({ status = 0, code = 'unreachable', title, detail, retry_after_ms: retryAfterMs = 0 } = {}) {
    super(detail ?? title ?? 'The gateway cannot be reached');
    Object.assign(this, { status, code, title, detail, retryAfterMs });
  }

  get isPassing() {
    return this.status ? this.status === 429 || this.status >= 500 : !LASTING.includes(this.code);
  }
}

export async function request(method, url, { token, body, signal = AbortSignal.timeout(15_000) } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(url, { method, headers, signal, cache: 'no-store', body: body && JSON.stringify(body) });
    if (response.ok) {
      const isStream = /event-stream/.test(response.headers.get('Content-Type'));
      return isStream || response.status === 204 ? response.body : await response.json();
    }
  } catch {
    throw new Problem();
  }
  const told = await response.json().catch(() => ({}));
  const wait = 1_000 * response.headers.get('Retry-After') || 0;
  throw new Problem({ retry_after_ms: wait, ...(told.code && { ...told, status: response.status }) });
}

function claims(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

export class Tokens {
  #source;
  #renewing;
  renewAt = 0;

  constructor(source, token) {
    this.#source = source;
    this.keep(token);
  }

  async current() {
    return Date.now() < this.renewAt ? this.token : this.renew();
  }

  renew() {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew() {
    const token = await Promise.resolve(this.token).then(this.#source).catch((problem) => {
      throw problem instanceof Problem ? problem : new Problem({ detail: `${problem}` });
    });
    if (!token) {
      throw new Problem({ status: 401, code: 'unauthorized' });
    }
    return this.keep(token);
  }

  keep(token) {
    const { exp = token ? 1e12 : 0, iat = exp } = claims(token);
    this.token = token;
    this.renewAt = 1_000 * exp - Math.min(90_000, 250 * (exp - iat));
    return token;
  }
}

class Emitter extends EventTarget {
  on(type, listener) {
    const hear = ({ detail }) => listener(detail);
    this.addEventListener(type, hear);
    return () => this.removeEventListener(type, hear);
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function load(key, area = 'localStorage') {
  try {
    return JSON.parse(window[area][key]);
  } catch {
    return undefined;
  }
}

function save(key, value, area = 'localStorage') {
  try {
    if (value) {
      window[area][key] = JSON.stringify(value);
    } else {
      delete window[area][key];
    }
  } catch {
    // Then it is forgotten with the page.
  }
}

const newId = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Full jitter, so that a thousand clients do not come back in the same moment. */
const pause = (tries) => 500 + Math.random() * (Math.min(20_000, 1_000 * 2 ** tries) - 500);

/** What is known of a dialog. Takes events in any order, and more than once; messages are in order and without a gap. */
export class DialogLog {
  #early = new Map();
  own = new Map();
  #answers = new Map();
  #ended = new Set();
  #newest = 0;

  messages = [];
  cursor = 0;
  info = { mode: 'ai', status: 'open', needs_human: false };

  constructor(self) {
    this.self = self;
  }

  get pending() {
    return [...this.own.values()];
  }

  get answers() {
    return [...this.#answers.values()];
  }

  get hasEarlier() {
    return this.messages[0]?.seq > 1;
  }

  get hasHole() {
    return this.#early.size > 0 || this.cursor < this.#newest;
  }

  begin(messages) {
    this.cursor = Math.max(this.cursor, (messages[0]?.seq ?? 1) - 1);
    messages.forEach((message) => this.apply(message));
  }

  addEarlier(messages) {
    this.messages.unshift(...messages.map((message) => this.#said(message)));
  }

  apply(event) {
    const { type, request_id: id, seq, position, offset, in_reply_to: inReplyTo, client_msg_id: ownId } = event;
    const own = this.own.get(ownId);
    if (type === 'hello' || type === 'reset') {
      this.#newest = Math.max(this.#newest, seq ?? 0);
      this.#answers.forEach((answer) => {
        answer.doubtedAt = Date.now();
      });
    } else if (type === 'answer_queued') {
      this.#mention(id, { position, inReplyTo });
    } else if (type === 'answer_started') {
      this.#mention(id, { position: 0, started: true, inReplyTo });
    } else if (type === 'answer_delta') {
      const before = this.#answers.get(id)?.text ?? '';
      if (offset <= before.length) {
        this.#mention(id, { position: 0, started: true, text: before.slice(0, offset) + event.text });
      }
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

  addOwn(id, text, at = Date.now(), problem = undefined) {
    this.own.set(id, { id, text, at, problem, state: problem ? 'failed' : 'waiting' });
  }

  expectAnswer({ request_id: id, position }, inReplyTo) {
    if (!this.#answers.has(id)) {
      this.#mention(id, { position, inReplyTo, doubtedAt: Date.now() });
    }
  }

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
      const known = this.#answers.get(requestId) ?? { requestId, inReplyTo: 0, position: 0, text: '', started: false };
      this.#answers.set(requestId, { ...known, doubtedAt: undefined, ...news });
    }
  }

  #end(requestId) {
    this.#answers.delete(requestId);
    this.#ended.add(requestId);
  }
}

/** Events: `change` (show it anew), `message` (one is in its place), `event`, `problem`, `end` (it is followed no more). */
class Dialog extends Emitter {
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
  #marks = { delivered_seq: 0, read_seq: 0 };
  #marking;

  constructor(connection, id, { log, area } = {}) {
    super();
    this.id = id;
    this.log = log ?? new DialogLog(connection.audience === 'admin' ? 'manager' : 'user');
    this.#connection = connection;
    this.#area = area;
    this.#start().catch(() => undefined);
  }

  send(text) {
    const id = newId();
    this.log.addOwn(id, text);
    this.#keep(id);
    this.#pump();
    return id;
  }

  retry(id) {
    const { text, at } = this.log.own.get(id);
    this.log.addOwn(id, text, at);
    this.#pump();
  }

  discard(id) {
    this.log.own.delete(id);
    this.#keep(id);
    this.emit('change');
  }

  stopAnswers() {
    for (const { requestId } of this.log.answers.sort((one, other) => other.position - one.position)) {
      this.#tell({ type: 'cancel', request_id: requestId }, () => this.call('DELETE', `/answers/${requestId}`));
    }
  }

  setTyping(typing) {
    this.#tell({ type: typing ? 'typing_start' : 'typing_stop' }, () => this.call('POST', '/typing', { typing }));
  }

  markRead(seq = this.log.cursor) {
    this.#mark('read_seq', seq);
  }

  handOff() {
    return this.change('POST', '/handoff');
  }

  askAgain(seq) {
    return this.#try(async () => {
      this.log.expectAnswer(await this.call('POST', '/answers', { in_reply_to: seq }), seq);
      this.#settle();
    });
  }

  change(method, path) {
    return this.#try(async () => {
      this.log.info = await this.call(method, path);
    });
  }

  loadEarlier() {
    return this.#try(async () => {
      const { messages } = await this.#history(`before=${this.log.messages[0].seq}`);
      this.log.addEarlier(messages);
    });
  }

  call(method, path, body) {
    return this.#connection.call(method, `/dialogs/${this.id}${path}`, body);
  }

  close() {
    this.#isOver = true;
    this.#connection.leave(this.id);
  }

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
        this.#mark('delivered_seq', this.log.cursor);
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
      if (message.sender !== this.log.self) {
        this.#mark('delivered_seq', message.seq);
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
        const ack = await this.call('POST', '/messages', { client_msg_id: id, text });
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

  #mark(kind, seq) {
    if (seq > this.#marks[kind]) {
      this.#marks[kind] = seq;
      this.#marking ??= setTimeout(() => {
        this.#marking = undefined;
        if (!this.#isOver) {
          this.#tell({ type: 'receipt', ...this.#marks }, () => this.call('POST', '/receipts', this.#marks));
        }
      }, 1_000);
    }
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

/** The best first. Each has to bring a word of the gateway within its patience, and later some sign of life. */
const TRANSPORTS = [
  { name: 'websocket', begin: socket, patience: 4_000, silence: 40_000 },
  { name: 'sse', begin: streams, patience: 4_000, silence: 35_000 },
  { name: 'poll', begin: polls, patience: Infinity, silence: Infinity },
];
const POLL = 2;
const SHORT_MS = 5_000;
const HOUR_MS = 3_600_000;
const MOST_STREAMS = 4; // of the six connections that a browser opens to one host

/** Picks the transport by what is received, and comes back when it is lost. */
function openLine({ base, tokens, isSeen, onEvent, onState }) {
  const memory = `parley.transport ${base('')}`;
  const statistics = {};
  const follows = new Map();
  const line = { base, follows, isSeen, pollWait: 25, stop, follow, unfollow, send, poke, drop, refuse };
  let current;
  let rival; // a better one, tried beside the current one
  let index;
  let fellFrom;
  let strikes = 0;
  let tries = 0;
  let isRenewed;
  let notBefore = 0;
  let betterAt;
  let timer;
  let watch;
  return line;

  function stop() {
    clearTimeout(timer);
    clearInterval(watch);
    current?.stop();
    rival?.stop();
    watch = current = rival = undefined;
  }

  function tell(state, problem) {
    onState({ state, problem: problem && { ...problem }, transport: current?.name, statistics });
  }

  function follow(id, cursor) {
    const since = Math.min(cursor, follows.get(id) ?? cursor);
    const isOneTooMany = follows.size === MOST_STREAMS && !follows.has(id);
    follows.set(id, since);
    if (!watch) {
      watch = setInterval(look, 500);
      restart();
      open();
    } else if (current && index && isOneTooMany) {
      current.stop();
      open();
    } else {
      current?.follow(id, since);
      rival?.follow(id, since);
    }
  }

  function unfollow(id) {
    follows.delete(id);
    current?.unfollow(id);
    rival?.unfollow(id);
  }

  function drop() {
    current?.lost({ code: 1012 });
  }

  function send(frame) {
    return current?.send?.(frame);
  }

  function poke(isNew) {
    betterAt = isNew ? 0 : betterAt;
    if (current?.trustedAt) {
      current.poke();
    } else if (watch && !current && Date.now() >= notBefore) {
      open();
    }
  }

  function refuse(id, problem) {
    unfollow(id);
    onEvent({ type: 'refused', dialog_id: id, problem: { ...problem } });
  }

  function restart() {
    const known = load(memory) ?? { at: 0 };
    index = Date.now() - known.at < 24 * HOUR_MS ? known.index : 0;
    betterAt = known.at + HOUR_MS;
    fellFrom = undefined;
  }

  function open() {
    clearTimeout(timer);
    index = index && follows.size > MOST_STREAMS ? POLL : index;
    current = carrier(TRANSPORTS[index]);
  }

  function carrier({ begin, ...kind }) {
    const self = {
      ...kind,
      heardAt: Infinity,
      first: fellFrom && { fallback_from: fellFrom },
      numbers: statistics[kind.name] ??= { connects: 0, falls: 0, reconnects: 0, messages: 0 },
      async token() {
        self.auth = await tokens.current();
        self.heardAt = Math.min(self.heardAt, Date.now());
        return self.auth;
      },
      hear(frame) {
        self.heardAt = Date.now();
        return frame && !self.isOver && heard(self, frame);
      },
      lost: (why) => self.isOver || lost(self, why),
      stop() {
        self.isOver = true;
        self.close?.();
      },
    };
    begin(self, line);
    return self;
  }

  function heard(self, frame) {
    const { type, dialog_id: id, seq } = frame;
    if (!self.trustedAt) {
      trust(self);
    }
    if (type === 'pong') {
      self.numbers.roundTripMs = self.heardAt - self.pingedAt;
    } else if (type === 'goodbye') {
      notBefore = self.heardAt + frame.reconnect_after_ms;
      self.lost({ code: 1012 });
    } else if (type !== 'ping') {
      if (seq && (frame.sender || type === 'reset') && follows.has(id)) {
        self.numbers.messages++;
        follows.set(id, Math.max(seq, follows.get(id)));
      }
      onEvent(frame);
    }
  }

  function trust(self) {
    self.trustedAt = self.heardAt;
    self.numbers.connects++;
    if (self === rival) {
      clearTimeout(timer);
      current?.stop();
      current = self;
      rival = undefined;
      index = 0;
    }
    if (!index) {
      save(memory);
    } else if (fellFrom) {
      save(memory, { index, at: self.heardAt });
      statistics[fellFrom].falls++;
    }
    fellFrom = undefined;
    tell(index === POLL ? 'polling' : 'connected');
  }

  async function lost(self, { problem, code, isSilent }) {
    const now = Date.now();
    const isLong = now - self.trustedAt > SHORT_MS;
    const mine = watch;
    self.stop();
    if (self === rival) {
      rival = undefined;
      return;
    }
    current = undefined;
    if (self.trustedAt) {
      self.numbers.reconnects++;
      tell('reconnecting');
    }
    if (isLong) {
      tries = 0;
      isRenewed = false;
    }
    const told = { 4401: 'unauthorized', 4403: 'forbidden', 4404: 'not_found' }[code];
    let why = told ? new Problem({ status: code - 4000, code: told }) : problem;
    if (why?.status === 401 && !isRenewed) {
      isRenewed = true;
      why = await tokens.renew().then(() => ({ status: 401 }), (refusal) => refusal);
    }
    if (mine !== watch || current) {
      return;
    }
    if (why?.isPassing === false) {
      stop();
      tell('error', why);
      return;
    }
    // Whoever gives a reason can be reached this way.
    const isReached = why?.status || code >= 4000 || (code > 1007 && code < 1014);
    strikes = self.trustedAt && !isReached && (isSilent || !isLong) ? strikes + 1 : 0;
    if (!isReached && (!self.trustedAt || strikes > 1) && index < POLL) {
      betterAt = now + (strikes ? HOUR_MS : SHORT_MS);
      strikes = 0;
      fellFrom = self.name;
      index++;
      open();
      return;
    }
    if (!self.trustedAt) {
      restart();
    }
    notBefore = Math.max(notBefore, now + (why?.retryAfterMs ?? 0));
    timer = setTimeout(open, Math.max(pause(tries++), notBefore - now));
  }

  function look() {
    const now = Date.now();
    for (const one of [current, rival]) {
      if (one && now - one.heardAt > (one.trustedAt ? one.silence : one.patience)) {
        one.lost({ isSilent: true });
      }
    }
    if (now >= tokens.renewAt) {
      tokens.renewAt = now + SHORT_MS; // where this fails
      tokens.renew().catch(() => undefined);
    }
    if (current?.trustedAt) {
      if (current.auth !== tokens.token && send({ type: 'auth', token: tokens.token })) {
        current.auth = tokens.token;
      }
      if (now - current.pingedAt > 60_000) {
        current.poke();
      }
      if (index && !rival && now >= betterAt) {
        betterAt = now + HOUR_MS;
        rival = carrier(TRANSPORTS[0]);
      }
    }
  }
}

async function socket(self, { base, follows, refuse }) {
  const asked = new Set();
  let open;

  self.send = (frame) => {
    const isOpen = open && !asked.has(frame.dialog_id);
    if (isOpen) {
      open.send(JSON.stringify(frame));
    }
    return isOpen;
  };
  self.unfollow = (id) => {
    asked.delete(id);
    self.send({ type: 'unsubscribe', dialog_id: id });
  };
  self.follow = (id, cursor) => {
    asked.delete(id);
    self.send({ type: 'subscribe', dialog_id: id, since: `${cursor}`, echo: true });
    asked.add(id);
  };
  self.poke = () => {
    const now = self.pingedAt = Date.now();
    self.send({ type: 'ping' });
    setTimeout(() => self.heardAt < now && self.lost({}), SHORT_MS);
  };
  try {
    const made = new WebSocket(base('ws').replace('http', 'ws'), ['parley', `bearer.${await self.token()}`]);
    self.heardAt += self.patience;
    self.close = () => {
      open = false;
      return made.readyState && made.close();
    };
    made.onopen = () => {
      if (self.isOver) {
        made.close();
        return;
      }
      open = made;
      self.hear();
      self.poke();
      follows.forEach((cursor, id) => self.follow(id, cursor));
    };
    made.onclose = ({ code }) => self.lost({ code });
    made.onmessage = ({ data }) => receive(JSON.parse(data));
  } catch (problem) {
    self.lost({ problem });
  }

  function receive(frame) {
    const { type, dialog_id: id } = frame;
    if (type === 'ping') {
      self.send({ type: 'pong' });
    } else if (type === 'hello') {
      asked.delete(id);
    } else if (type === 'error' && !frame.client_msg_id && asked.delete(id)) {
      const problem = new Problem(frame);
      if (problem.isPassing) {
        sleep(pause(2) + problem.retryAfterMs).then(() => follows.has(id) && self.follow(id, follows.get(id)));
      } else {
        refuse(id, problem);
      }
      return self.hear();
    }
    return self.hear(frame);
  }
}

function requests(self, { base, follows, refuse }, run) {
  const running = new Map();
  self.close = () => running.forEach((abort) => abort.abort());
  self.unfollow = (id) => running.get(id)?.abort();
  self.follow = (id, since) => {
    self.unfollow(id);
    const abort = new AbortController();
    running.set(id, abort);
    run(id, since, abort.signal, ask).catch((problem) => {
      if (!abort.signal.aborted) {
        (problem.isPassing === false && problem.status !== 401 ? refuse(id, problem) : self.lost({ problem }));
      }
    });
  };
  self.poke = () => follows.forEach((cursor, id) => self.follow(id, cursor));
  self.poke();

  async function ask(id, parameters, signal) {
    const query = new URLSearchParams({ echo: true, ...parameters, ...self.first });
    self.first = undefined;
    return request('GET', `${base(self.name)}/dialogs/${id}?${query}`, { signal, token: await self.token() });
  }
}

function streams(self, line) {
  requests(self, line, async (id, since, signal, ask) => {
    const reader = (await ask(id, { since }, signal)).pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let part; !(part = await reader.read()).done;) {
      self.hear();
      const events = (rest + part.value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = /^data: (.*)/m.exec(event);
        if (data && !signal.aborted) {
          self.hear(JSON.parse(data[1]));
        }
      }
    }
    self.lost({});
  });
}

function polls(self, line) {
  let turn;
  requests(self, line, async (id, start, signal, ask) => {
    for (let cursor; !signal.aborted;) {
      const wait = !cursor || line.follows.size > MOST_STREAMS ? 0 : line.pollWait;
      const began = Date.now();
      let rest = 100;
      try {
        const poll = () => ask(id, { since: cursor ?? start, wait },
          AbortSignal.any([signal, AbortSignal.timeout(1_000 * wait + 10_000)]));
        const news = await (wait ? poll() : turn = Promise.resolve(turn).then(poll, poll));
        if (cursor) {
          rest = Math.max(rest, news.poll_after_ms, line.isSeen() ? 0 : 10_000);
        } else {
          self.hear({ type: 'hello', dialog_id: id });
        }
        cursor = news.cursor;
        news.events.forEach(self.hear);
      } catch (problem) {
        if (signal.aborted || problem.status || wait < 2 || Date.now() - began < 1_000) {
          throw problem;
        }
        line.pollWait = wait >> 1; // something on the way has less patience
      }
      await sleep(rest);
    }
  });
}

const HOME = new URL(import.meta.url).origin;

/**
 * Of the tabs of one person one has the line, and a lock for it. The others tell it what they want by a channel. Events:
 * `state`, `event` (any of the protocol).
 */
export class Connection extends Emitter {
  #gateway;
  #tokens;
  #dialogs = new Map();
  #logs = new Map();
  #tab = newId();
  #seen = new Set();
  #channel;
  #line;
  #joined;
  #closed = new AbortController();

  /** @type {'disconnected'|'connecting'|'connected'|'polling'|'reconnecting'|'error'} */
  state = 'connecting';
  transport;
  problem;
  statistics = {};

  /** @param {{audience: 'widget'|'site'|'admin', token: Tokens|((old?: string) => Promise<string>), gateway?: string}} options */
  constructor({ audience, token, gateway = HOME }) {
    super();
    this.audience = audience;
    this.#gateway = gateway;
    this.#tokens = token instanceof Tokens ? token : new Tokens(token);
    this.identity = this.#identify();
    this.identity.then((name) => {
      this.#listen(name);
      this.#join(name);
    }, (problem) => this.#become({ state: 'error', problem }));
  }

  /** @param {{log?: DialogLog, area?: 'localStorage'|'sessionStorage'}} [options] area: where unsent messages are kept */
  dialog(id, options) {
    if (!this.#dialogs.has(id)) {
      this.#dialogs.set(id, new Dialog(this, id, options));
    }
    return this.#dialogs.get(id);
  }

  close() {
    this.#closed.abort();
    this.#dialogs.forEach((dialog) => dialog.close());
    this.#part();
    this.#become({ state: 'disconnected', transport: undefined });
  }

  async call(method, path, body) {
    const send = (token) => request(method, this.#base('api') + path, { token, body });
    try {
      return await send(await this.#tokens.current());
    } catch (problem) {
      if (problem.status !== 401) {
        throw problem;
      }
      return send(await this.#tokens.renew());
    }
  }

  follow({ id, log }) {
    this.#logs.set(id, log);
    this.#do({ follow: id, cursor: log.cursor });
  }

  leave(id) {
    this.#dialogs.delete(id);
    this.#logs.delete(id);
    this.#do({ leave: id });
  }

  send(frame) {
    return this.transport === 'websocket' && this.#logs.has(frame.dialog_id) && this.#do({ frame });
  }

  #base(kind) {
    return `${this.#gateway}/${kind}${this.audience === 'admin' ? '' : `/${this.audience}`}`;
  }

  async #identify() {
    for (let tries = 0;; tries++) {
      try {
        const { iss, sub = newId() } = claims(this.#tokens.token ?? await this.#tokens.current());
        return `parley ${this.#base('')} ${iss} ${sub}`;
      } catch (problem) {
        if (!problem.isPassing) {
          throw problem;
        }
        await sleep(Math.max(pause(tries), problem.retryAfterMs));
      }
    }
  }

  #join(name) {
    if (this.#closed.signal.aborted) {
      return;
    }
    if (!navigator.locks || !window.BroadcastChannel) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    const { signal } = this.#joined = new AbortController();
    navigator.locks.request(name, { signal }, () => new Promise((release) => {
      signal.addEventListener('abort', release);
      this.#lead();
    })).catch(() => signal.aborted || this.#lead());
    this.#followAll();
  }

  #part() {
    if (!this.#line) {
      this.#logs.forEach((log, id) => this.#do({ leave: id, isSeen: false }));
    }
    this.#line?.stop();
    this.#joined?.abort();
    this.#channel?.close();
    this.#line = this.#channel = undefined;
  }

  #lead() {
    this.#line = openLine({
      base: (kind) => this.#base(kind),
      tokens: this.#tokens,
      isSeen: () => this.#seen.size > 0,
      onEvent: (event) => {
        this.#tell({ event });
        this.#deliver(event);
      },
      onState: (status) => {
        this.#become(status);
        this.#tell({ status });
        if (status.problem) {
          this.#part();
        }
      },
    });
    this.#become({ state: this.transport ? 'reconnecting' : 'connecting' });
    this.#tell({});
    this.#followAll();
  }

  #followAll(only) {
    this.#logs.forEach((log, id) => id === (only ?? id) && this.follow({ id, log }));
  }

  #tell(news) {
    this.#channel?.postMessage(news);
  }

  #do(wish) {
    const whole = { tab: this.#tab, isSeen: !document.hidden, ...wish };
    if (this.#line) {
      return this.#obey(whole);
    }
    this.#tell(whole);
    return true;
  }

  #obey({ tab, isSeen, follow, cursor, leave, frame }) {
    const wasSeen = this.#seen.has(tab);
    this.#seen[isSeen ? 'add' : 'delete'](tab);
    if (follow) {
      this.#line.follow(follow, cursor);
    } else if (leave) {
      this.#line.unfollow(leave);
      this.#followAll(leave);
      this.#tell({ only: leave });
    } else if (isSeen && !wasSeen) {
      this.#line.poke();
    }
    if (tab !== this.#tab) {
      const { state, problem, transport, statistics } = this;
      this.#tell({ status: { state, problem, transport, statistics } });
    }
    return frame && this.#line.send(frame);
  }

  #hear({ tab, event, status, only, ...wish }) {
    if (this.#line && tab) {
      this.#obey({ tab, ...wish });
    } else if (!this.#line && !tab) {
      if (event) {
        this.#deliver(event);
      } else if (status) {
        this.#become(status);
      } else {
        this.#followAll(only);
      }
    }
  }

  #deliver(event) {
    this.#dialogs.get(event.dialog_id)?.receive(event);
    this.emit('event', event);
  }

  #become(status) {
    Object.assign(this, status);
    this.emit('state', this.state);
  }

  #listen(name) {
    const { signal } = this.#closed;
    const on = (target, type, listener) => target?.addEventListener(type, listener, { signal });
    const onNetwork = () => this.#line?.poke(true);
    on(window, 'online', onNetwork);
    on(window, 'offline', () => this.#line?.drop());
    on(navigator.connection, 'change', onNetwork);
    on(document, 'visibilitychange', () => this.#do({}));
    on(window, 'pagehide', () => this.#part());
    on(window, 'pageshow', ({ persisted }) => persisted && this.#join(name));
  }
}

/**
 * The visitor's dialog with an assistant; this browser remembers who the visitor is.
 *
 * @param {{assistantId: number, gateway?: string, isNew?: boolean, log?: DialogLog, name?: string, email?: string}} options
 */
export async function visit({ assistantId, gateway = HOME, isNew, log, ...details }) {
  const key = `parley.visit ${gateway} ${assistantId}`;
  const post = (path, token, body) => request('POST', `${gateway}/api/widget/${path}`, { token, body });
  const known = load(key) ?? {};
  const keep = ({ visitor_token: token }) => {
    save(key, Object.assign(known, { token }));
    return token;
  };
  const tokens = new Tokens(async (old) => keep(await post('token', old)), known.token);
  const open = (id, token) => {
    known.id = id;
    const here = location.origin + location.pathname;
    return post('dialogs', token, { assistant_id: assistantId, client_dialog_id: id, page_url: here, ...details });
  };
  const id = (!isNew && known.id) || newId();
  const opened = await (known.token ? tokens.current().then((token) => open(id, token)) : open(id)).catch((problem) => {
    // Whoever has no good token is somebody new to the gateway.
    if (problem.status === 401) {
      return open(newId());
    }
    throw problem;
  });
  tokens.keep(keep(opened));
  const connection = new Connection({ audience: 'widget', gateway, token: tokens });
  return { connection, dialog: connection.dialog(opened.dialog_id, { log }), assistant: opened.assistant };
}
