/**
 * Parley's client: follows dialogs and speaks in them, whatever the network does. A visitor's page needs no more than
 *
 *     import { visit } from 'https://chat.example.com/parley-client.js';
 *     const { dialog } = await visit({ assistantId: 1 });
 *     dialog.on('change', () => show(dialog.log.messages, dialog.log.answers, dialog.log.pending));
 *     dialog.send('Hello');
 *
 * and one for people who are signed in (`site`), or for operators (`admin`):
 *
 *     const connection = new Connection({ audience: 'site', token: async () => (await fetch('/token')).text() });
 *     connection.on('state', (state) => show(state));
 *     const dialog = connection.dialog(7);
 */

import { Emitter, Problem, Tokens, claims, load, newId, pause, request, save, sleep } from './parley-client/base.js';
import { Dialog, DialogLog } from './parley-client/dialog.js';
import { openLine } from './parley-client/line.js';

export { DialogLog, Problem, Tokens, request };

const HOME = new URL(import.meta.url).origin;

/**
 * One tab of those that speak for the same person has the line to the gateway, for which it holds a lock. The others tell
 * it by a channel what they want, and hear what comes. Events: `state`, and `event` for any of the protocol.
 */
export class Connection extends Emitter {
  #gateway;
  #tokens;
  #dialogs = new Map();
  /** What is followed, by id, with its cursor. */
  #logs = new Map();
  #tab = newId();
  #seen = new Set();
  #name;
  #channel;
  #line;
  #release;
  #waiting;
  #heardAt;
  #closed = new AbortController();

  /** @type {'disconnected'|'connecting'|'connected'|'polling'|'reconnecting'|'error'} */
  state = 'connecting';
  /** @type {'websocket'|'sse'|'poll'|undefined} */
  transport;
  /** @type {Problem|undefined} why the state is `error` */
  problem;
  /** connects, falls, reconnects, messages and roundTripMs of each transport */
  statistics = {};

  /**
   * @param {object} options
   * @param {'widget'|'site'|'admin'} options.audience
   * @param {Tokens|((old?: string) => Promise<string|undefined>)} options.token gets a new token
   * @param {string} [options.gateway] its origin; left out: where this file came from
   */
  constructor({ audience, token, gateway = HOME }) {
    super();
    this.audience = audience;
    this.#gateway = gateway;
    this.#tokens = token instanceof Tokens ? token : new Tokens(token);
    this.identity = this.#identify();
    this.identity.then((name) => {
      this.#name = name;
      this.#listen();
      this.#join();
    }, (problem) => this.#become({ state: 'error', problem }));
  }

  /**
   * @param {number} id
   * @param {{log?: DialogLog, area?: 'localStorage'|'sessionStorage'}} [options] area: where unsent messages are kept
   */
  dialog(id, options) {
    if (!this.#dialogs.has(id)) {
      this.#dialogs.set(id, new Dialog(this, id, options));
    }
    return this.#dialogs.get(id);
  }

  /** For operators: `dialog_updated` events of all dialogs, as long as there is a WebSocket. */
  followInbox() {
    this.follow({ id: 0, log: { cursor: 0 } });
  }

  close() {
    this.#closed.abort();
    this.#dialogs.forEach((dialog) => dialog.close());
    this.#part();
    this.#become({ state: 'disconnected' });
  }

  /** A request, with a token that is renewed once where it is refused. */
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
    return this.transport === 'websocket' && this.#logs.has(frame.dialog_id) && this.#do({ frame });
  }

  #base(kind) {
    return `${this.#gateway}/${kind}${this.audience === 'admin' ? '' : `/${this.audience}`}`;
  }

  /** Who speaks here: only tabs of the same person share a line, and find each other's unsent messages. */
  async #identify() {
    for (let tries = 0;; tries++) {
      try {
        const { iss = '', sub = newId() } = claims(this.#tokens.token ?? await this.#tokens.current());
        return `parley ${this.#base('')} ${iss} ${sub}`;
      } catch (problem) {
        if (!problem.isPassing) {
          throw problem;
        }
        await sleep(Math.max(pause(tries), problem.retryAfterMs));
      }
    }
  }

  #join() {
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
  #queue(steal) {
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
    this.#logs.forEach((log, id) => this.#do({ leave: id, isSeen: false }));
    this.#line?.stop();
    this.#waiting?.abort();
    this.#release?.();
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
      onState: (state, problem, transport, statistics) => {
        const isBack = state === 'connecting' && this.transport;
        this.#become({ state: isBack ? 'reconnecting' : state, problem, transport, statistics });
        this.#tellState();
        if (problem) {
          this.#part(); // another tab may have a better token
        }
      },
    });
    this.#tell({});
    this.#followAll();
  }

  #followAll() {
    this.#logs.forEach((log, id) => this.follow({ id, log }));
  }

  #tell(news) {
    this.#channel?.postMessage(news);
  }

  #tellState() {
    const { state, problem, transport, statistics } = this;
    this.#tell({ status: { state, problem: problem && { ...problem }, transport, statistics } });
  }

  /** Has something done by the tab that has the line. */
  #do(wish) {
    const whole = { tab: this.#tab, isSeen: !document.hidden, ...wish };
    return this.#line ? this.#obey(whole) : Boolean(this.#tell(whole) ?? this.#channel);
  }

  #obey({ tab, isSeen, follow, cursor, leave, frame }) {
    const wasSeen = this.#seen.has(tab);
    this.#seen[isSeen ? 'add' : 'delete'](tab);
    if (follow !== undefined) {
      this.#line.follow(follow, cursor);
    } else if (leave !== undefined) {
      this.#line.unfollow(leave);
      this.#followAll();
      this.#tell({});
    } else if (isSeen && !wasSeen) {
      this.#line.poke();
    }
    if (tab !== this.#tab) {
      this.#tellState();
    }
    return frame && this.#line.send(frame);
  }

  #hear({ tab, event, status, ...wish }) {
    if (this.#line && tab) {
      this.#obey({ tab, ...wish });
    } else if (!this.#line && !tab) {
      this.#heardAt = Date.now();
      if (event) {
        this.#deliver(event);
      } else if (status) {
        this.#become(status);
      } else {
        this.#followAll();
      }
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
    on(window, 'pageshow', ({ persisted }) => persisted && this.#join());
    const beat = setInterval(() => {
      if (this.#channel && !this.#line && !document.hidden) {
        this.#do({});
        if (Date.now() - this.#heardAt > 30_000) {
          this.#queue(true);
        }
      }
    }, 10_000);
    on(signal, 'abort', () => clearInterval(beat));
  }
}

/**
 * Opens the visitor's dialog with an assistant, or the one that was open already: this browser remembers who the visitor is.
 *
 * @param {{assistantId: number, gateway?: string, isNew?: boolean, log?: DialogLog, name?: string, email?: string}} options
 *   isNew: another dialog of the same visitor
 * @returns {Promise<{dialog: Dialog, connection: Connection, assistant: {id: number, name: string, greeting: string}}>}
 */
export async function visit({ assistantId, gateway = HOME, isNew, log, ...details }) {
  const key = `parley.visit ${gateway} ${assistantId}`;
  const post = (path, token, body) => request('POST', `${gateway}/api/widget/${path}`, { token, body });
  const keep = ({ visitor_token: token }, more) => {
    save(key, { ...load(key), ...more, token });
    return token;
  };
  const open = async (id, known) => {
    const tokens = new Tokens(async (old) => keep(await post('token', old)), known);
    const opened = await post('dialogs', known && await tokens.current(), {
      assistant_id: assistantId, client_dialog_id: id, page_url: location.origin + location.pathname, ...details,
    });
    tokens.keep(keep(opened, { id }));
    return { tokens, ...opened };
  };
  const { id, token } = load(key) ?? {};
  const { tokens, dialog_id: dialogId, assistant } = await open((!isNew && id) || newId(), token).catch((problem) => {
    // Whoever has no good token is somebody new to the gateway.
    if (problem.status === 401) {
      return open(newId());
    }
    throw problem;
  });
  const connection = new Connection({ audience: 'widget', gateway, token: tokens });
  return { connection, dialog: connection.dialog(dialogId, { log }), assistant };
}
