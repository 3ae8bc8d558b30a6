/**
 * Parley's client: follows dialogs and speaks in them. What is said arrives once and in order, whatever the network does;
 * what is written is kept until it is stored. A visitor's page needs no more than
 *
 *     import { visit } from 'https://chat.example.com/parley-client.js';
 *     const { dialog } = await visit({ assistantId: 1 });
 *     dialog.on('change', () => show(dialog.log.messages, dialog.log.answers, dialog.log.pending));
 *     dialog.send('Hello');
 *
 * and a page for people who are signed in, or for operators (`admin`):
 *
 *     const connection = connect({ audience: 'site', token: async () => (await fetch('/parley-token')).text() });
 *     connection.on('state', () => show(connection.state));
 *     const dialog = connection.dialog(7);
 */

import { Emitter, Problem, Tokens, claims, load, newId, pause, request, save } from './parley-client/base.js';
import { Dialog } from './parley-client/dialog.js';
import { DialogLog } from './parley-client/log.js';
import { openLine } from './parley-client/line.js';

export { DialogLog, Problem, Tokens, newId, request };

const HOME = new URL(import.meta.url).origin;
const SEEN_MS = 10_000;
const DEAD_MS = 30_000;

/**
 * What the tabs of a browser share that speak for the same person, where it can: one of them has the line to the gateway,
 * for which it holds a lock; the others tell it by a channel what they want, and hear the events.
 */
export class Connection extends Emitter {
  /** @type {'disconnected'|'connecting'|'connected'|'polling'|'reconnecting'|'error'} */
  state = 'disconnected';
  /** @type {'websocket'|'sse'|'poll'|undefined} */
  transport;
  /** @type {Problem|undefined} why the state is `error` */
  problem;
  /** connects, falls, reconnects, messages and roundTripMs of each transport */
  statistics = {};

  #gateway;
  #tokens;
  #dialogs = new Map();
  /** What is followed, by id, with its cursor. */
  #logs = new Map();
  #tab = newId();
  #name;
  #channel;
  #line;
  #release;
  #heardAt = 0;
  /** For the tab that has the line: what each tab follows, and whether somebody sees it. */
  #tabs = new Map();
  #waiting;
  #closed = new AbortController();

  /**
   * Events: `state`, and `event` for any of the protocol.
   *
   * @param {object} options
   * @param {'widget'|'site'|'admin'} options.audience
   * @param {Tokens|((old?: string) => Promise<string|undefined>)} options.token
   * @param {string} [options.gateway] its origin; by default where this file came from
   */
  constructor({ audience, token, gateway = HOME }) {
    super();
    this.audience = audience;
    this.#gateway = gateway;
    this.#tokens = token instanceof Tokens ? token : new Tokens(token);
    this.#listen();
    this.retry();
  }

  /**
   * @param {number} id
   * @returns {Dialog} which is followed from now on
   */
  dialog(id, options) {
    if (!this.#dialogs.has(id)) {
      this.#dialogs.set(id, new Dialog(this, id, options));
    }
    return this.#dialogs.get(id);
  }

  /** Follows what becomes of all dialogs of an operator: `dialog_updated` events, as long as there is a WebSocket. */
  followInbox() {
    this.follow({ id: 0, log: { cursor: 0 } });
  }

  /** Tries again after an `error`. */
  retry() {
    if (this.#name) {
      this.#do({ isRetry: true });
      return;
    }
    this.#become({ state: 'connecting' });
    this.identity = this.#identify();
    this.identity.then((name) => {
      this.#name = name;
      this.#join();
    }, (problem) => this.#become({ state: 'error', problem }));
  }

  close() {
    this.#closed.abort();
    this.#dialogs.forEach((dialog) => dialog.close());
    this.#part();
    this.#become({ state: 'disconnected' });
  }

  /** A request of whom this connection speaks for, with a token that is renewed once where it is refused. */
  async call(method, path, body) {
    const url = path.startsWith('/') ? this.#gateway + path : `${this.#base('api')}/${path}`;
    try {
      return await request(method, url, { token: await this.#tokens.current(), body });
    } catch (problem) {
      if (problem.status !== 401) {
        throw problem;
      }
      return request(method, url, { token: await this.#tokens.renew(), body });
    }
  }

  /** For dialogs, as the next two. */
  follow({ id, log }) {
    this.#logs.set(id, log);
    this.#do({ follow: id, cursor: log.cursor });
  }

  leave(id) {
    this.#dialogs.delete(id);
    this.#logs.delete(id);
    this.#do({ leave: id });
  }

  /** Whether the frame was handed to a socket. */
  send(frame) {
    return this.transport === 'websocket' && this.#do({ frame });
  }

  #base(kind) {
    return `${this.#gateway}/${kind}${this.audience === 'admin' ? '' : `/${this.audience}`}`;
  }

  /** Who speaks here: only tabs of one and the same share a line, and find each other's unsent messages. */
  async #identify() {
    for (let tries = 0;; tries++) {
      try {
        const { iss = '', sub = newId() } = claims(this.#tokens.token ?? await this.#tokens.current());
        return `parley ${this.#base('')} ${iss} ${sub}`;
      } catch (problem) {
        if (!problem.isPassing) {
          throw problem;
        }
        await new Promise((done) => setTimeout(done, Math.max(pause(tries), problem.retryAfterMs)));
      }
    }
  }

  #join() {
    if (this.#closed.signal.aborted) {
      return;
    }
    if (!navigator.locks || !window.BroadcastChannel) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#queue();
    this.#followAll();
  }

  /** Waits for the lock, or takes it from a tab that is stuck. */
  #queue(steal = false) {
    this.#heardAt = Date.now();
    this.#waiting?.abort();
    const { signal } = this.#waiting = new AbortController();
    navigator.locks.request(this.#name, steal ? { steal } : { signal }, () => new Promise((release) => {
      this.#release = release;
      this.#lead();
    })).catch(() => {
      if (this.#line) {
        this.#line.stop();
        this.#line = undefined;
        this.#queue();
      }
    });
  }

  #part() {
    if (this.#line) {
      this.#line.stop();
    } else {
      this.#do({ isGone: true });
    }
    this.#line = undefined;
    this.#waiting?.abort();
    this.#release?.();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #lead() {
    this.#tabs.clear();
    this.#line = openLine({
      base: (kind) => this.#base(kind),
      tokens: this.#tokens,
      isSeen: () => [...this.#tabs.values()].some((tab) => tab.isSeen),
      onEvent: (event) => {
        this.#channel?.postMessage({ event });
        this.#deliver(event);
      },
      onState: (state, problem) => {
        this.#become({ state, problem, transport: this.#line.transport, statistics: this.#line.statistics });
        this.#tellState();
      },
    });
    this.#channel?.postMessage({ isNew: true });
    this.#followAll();
  }

  #followAll() {
    this.#logs.forEach((log, id) => this.follow({ id, log }));
  }

  #tellState() {
    const { state, problem, transport, statistics } = this;
    this.#channel?.postMessage({ status: { state, problem: problem && { ...problem }, transport, statistics } });
  }

  /** Has something done by the tab that has the line. */
  #do(command) {
    const whole = { ...command, tab: this.#tab, isSeen: !document.hidden };
    if (this.#line) {
      return this.#obey(whole);
    }
    this.#channel?.postMessage(whole);
    return Boolean(this.#channel);
  }

  #obey({ tab: name, isSeen, follow, cursor, leave, frame, isRetry, isGone }) {
    const tab = this.#tabs.get(name) ?? { ids: new Set() };
    const isBack = isSeen && !tab.isSeen;
    tab.isSeen = isSeen;
    this.#tabs.set(name, tab);
    if (follow !== undefined) {
      tab.ids.add(follow);
      this.#line.follow(follow, cursor);
    } else if (isBack) {
      this.#line.poke();
    }
    if (isGone) {
      this.#tabs.delete(name);
    }
    for (const id of isGone ? tab.ids : [leave]) {
      tab.ids.delete(id);
      if (id !== undefined && ![...this.#tabs.values()].some((other) => other.ids.has(id))) {
        this.#line.unfollow(id);
      }
    }
    if (isRetry) {
      this.#line.start();
    }
    if (name !== this.#tab) {
      this.#tellState();
    }
    return frame && this.#line.send(frame);
  }

  #hear(data) {
    if (this.#line) {
      return data.tab && this.#obey(data);
    }
    if (data.tab) {
      return;
    }
    this.#heardAt = Date.now();
    if (data.event) {
      this.#deliver(data.event);
    } else if (data.status) {
      this.#become(data.status);
    } else {
      this.#followAll();
    }
  }

  #deliver(event) {
    this.#dialogs.get(event.dialog_id)?.receive(event);
    this.emit('event', event);
  }

  #become({ state, problem, transport, statistics = this.statistics }) {
    Object.assign(this, { state, problem, transport, statistics });
    this.emit('state', state);
  }

  #listen() {
    const { signal } = this.#closed;
    const on = (target, type, listener) => target?.addEventListener?.(type, listener, { signal });
    const network = navigator.connection;
    let kind = network?.type;
    on(window, 'online', () => this.#line?.poke(true));
    on(network, 'change', () => {
      if (kind !== network.type) {
        kind = network.type;
        this.#line?.poke(true);
      }
    });
    on(document, 'visibilitychange', () => {
      this.#heardAt = Date.now();
      this.#do({});
    });
    on(window, 'pagehide', () => this.#part());
    on(window, 'pageshow', ({ persisted }) => persisted && this.#name && this.#join());
    const beat = setInterval(() => {
      if (this.#channel && !this.#line && !document.hidden) {
        this.#do({});
        if (Date.now() - this.#heardAt > DEAD_MS) {
          this.#queue(true);
        }
      }
    }, SEEN_MS);
    on(signal, 'abort', () => clearInterval(beat));
  }
}

/** @param {ConstructorParameters<typeof Connection>[0]} options */
export function connect(options) {
  return new Connection(options);
}

/**
 * Opens the visitor's dialog with an assistant, or the one that was open already: this browser remembers who the visitor is.
 *
 * @param {{assistantId: number, gateway?: string, isNew?: boolean, name?: string, email?: string}} options
 *   isNew: another dialog of the same visitor
 * @returns {Promise<{dialog: Dialog, connection: Connection, assistant: {id: number, name: string, greeting: string}}>}
 * @throws {Problem}
 */
export async function visit({ assistantId, gateway = HOME, isNew, log, ...details }) {
  const key = `parley.visit ${gateway} ${assistantId}`;
  const keep = (visit) => save(key, { ...load(key), ...visit });
  const renew = async (old) => {
    const { visitor_token: token } = await request('POST', `${gateway}/api/widget/token`, { token: old });
    keep({ token });
    return token;
  };
  const open = async (clientDialogId, token) => {
    const opened = await request('POST', `${gateway}/api/widget/dialogs`, {
      token,
      body: {
        assistant_id: assistantId,
        client_dialog_id: clientDialogId,
        page_url: location.origin + location.pathname,
        ...details,
      },
    });
    keep({ clientDialogId, token: opened.visitor_token });
    return opened;
  };
  const known = load(key) ?? {};
  let opened;
  try {
    const token = known.token && await new Tokens(renew, known.token).current();
    opened = await open((!isNew && known.clientDialogId) || newId(), token);
  } catch (problem) {
    // Whoever has no good token is somebody new to the gateway.
    if (problem.status !== 401) {
      throw problem;
    }
    opened = await open(newId());
  }
  const connection = connect({ audience: 'widget', gateway, token: new Tokens(renew, opened.visitor_token) });
  return { connection, dialog: connection.dialog(opened.dialog_id, { log }), assistant: opened.assistant };
}
