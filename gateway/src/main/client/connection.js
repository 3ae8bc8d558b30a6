import { Dialog } from './dialog.js';
import { Inbox } from './inbox.js';
import { openLine } from './line.js';
import { HOME } from './problem.js';
import { Tokens, claims } from './tokens.js';
import { Emitter, INBOX, SHORT_MS, newId, pause, sleep } from './tools.js';

/**
 * Of the tabs of one person one has the line, and a lock for it. The others tell it what they want by a channel, and take the
 * lock from it when it hangs. Events: `state`, `event` (any of the protocol).
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
  #term = 0;
  #silence = 0;

  /** @type {'disconnected'|'connecting'|'connected'|'polling'|'reconnecting'|'error'} */
  state = 'connecting';
  /** @type {'websocket'|'sse'|'poll'|undefined} */
  transport;
  /** Why it has ended, if it has. @type {Problem|undefined} */
  problem;
  /** Of each transport: how often it connected, fell back and reconnected, and how many messages it brought. */
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
    return this.#dialogs.get(id) ?? this.#opened(new Dialog(this, id, options));
  }

  /** All dialogs of visitors, for an operator. @param {number} [limit] how many are shown @returns {Inbox} */
  inbox(limit = 30) {
    return this.#dialogs.get(INBOX) ?? this.#opened(new Inbox(this, limit));
  }

  /** Ends all: nothing is followed and nothing sent any more. */
  close() {
    this.#closed.abort();
    this.#dialogs.forEach((dialog) => dialog.close());
    this.#part();
    this.#become({ state: 'disconnected', transport: undefined });
  }

  /**
   * A request to the gateway's API, with a good token.
   * @param {string} method @param {string} path such as `/dialogs` @param {object} [body]
   * @returns {Promise<any>}
   * @throws {Problem}
   */
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

  /** @param {Dialog} dialog from where its log ends */
  follow({ id, log }) {
    this.#logs.set(id, log);
    this.#do({ follow: id, cursor: log.cursor });
  }

  /** @param {number} id of a dialog */
  leave(id) {
    this.#dialogs.delete(id);
    this.#logs.delete(id);
    this.#do({ leave: id });
  }

  /**
   * @param {object} frame
   * @returns {boolean} whether it may arrive; where it may not, there is a request that does the same
   */
  send(frame) {
    return this.transport === 'websocket' && this.#logs.has(frame.dialog_id) && this.#do({ frame });
  }

  /** @param {number} since something has been stored since then, of which the line has to hear */
  expect(since) {
    this.#do({ expect: since });
  }

  #opened(dialog) {
    this.#dialogs.set(dialog.id, dialog);
    return dialog;
  }

  #base(kind) {
    return `${this.#gateway}/${kind}${this.audience === 'admin' ? '' : `/${this.audience}`}`;
  }

  /** The name of this person at this gateway, for all tabs of the browser. */
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

  /**
   * Waits until this tab is the one that has the line; until then the tab that has it hears what this one wants.
   *
   * @param {string} name @param {boolean} [steal] does not wait, for the tab that has it hangs
   */
  #join(name, steal) {
    if (this.#closed.signal.aborted) {
      return;
    }
    if (!navigator.locks || !window.BroadcastChannel) {
      this.#lead();
      return;
    }
    const { signal } = this.#joined = new AbortController();
    this.#silence = 0;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(name, data);
    navigator.locks.request(name, steal ? { steal } : { signal }, () => new Promise((release) => {
      signal.addEventListener('abort', release);
      return signal.aborted ? release() : this.#lead();
    })).catch(() => signal.aborted || (this.#line ? this.#rejoin(name) : this.#lead()));
    this.#followAll();
  }

  #rejoin(name, steal) {
    this.#part();
    this.#join(name, steal);
  }

  /**
   * Asks the tab that has the line, where it has not said a word for a while. It answers at once also in the background, for
   * messages are not held back there as timers are; two questions without an answer, and it hangs.
   */
  #doubt(name) {
    if (this.#channel && !this.#line && this.#silence++) {
      if (this.#silence > 3) {
        this.#rejoin(name, true);
      } else {
        this.#do({});
      }
    }
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
    this.#term = Math.max(this.#term + 1, Date.now());
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
    this.#channel?.postMessage({ term: this.#term, ...news });
  }

  #do(wish) {
    const whole = { tab: this.#tab, isSeen: !document.hidden, at: Date.now(), ...wish };
    if (this.#line) {
      return this.#obey(whole);
    }
    this.#tell(whole);
    return true;
  }

  /** What a tab asks of the line that this tab has. */
  #obey({ tab, isSeen, at, follow, cursor, leave, expect, frame }) {
    const wasSeen = this.#seen.has(tab);
    this.#seen[isSeen ? 'add' : 'delete'](tab);
    if (follow) {
      this.#line.follow(follow, cursor);
    } else if (leave) {
      this.#line.unfollow(leave);
      this.#followAll(leave);
      this.#tell({ only: leave });
    } else if (expect) {
      this.#line.expect(expect);
    } else if (isSeen && !wasSeen) {
      this.#line.poke();
    }
    if (tab !== this.#tab) {
      const { state, problem, transport, statistics } = this;
      this.#tell({ status: { state, problem, transport, statistics } });
    }
    // Who has waited for longer has sent it in another way, for this tab hung.
    return frame && Date.now() - at < SHORT_MS && this.#line.send(frame);
  }

  /** Only the newest term counts: a tab that hung may go on for a moment as though it still had the line. */
  #hear(name, { term, tab, event, status, only, ...wish }) {
    if (tab) {
      return this.#line && this.#obey({ tab, ...wish });
    }
    if (term < this.#term) {
      return;
    }
    this.#term = term;
    this.#silence = 0;
    if (this.#line) {
      this.#rejoin(name);
    } else if (event) {
      this.#deliver(event);
    } else if (status) {
      this.#become(status);
    } else {
      this.#followAll(only);
    }
  }

  #deliver(event) {
    this.#dialogs.get(event.dialog ? INBOX : event.dialog_id ?? INBOX)?.receive(event);
    this.emit('event', event);
  }

  #become(status) {
    const { state, transport } = this;
    Object.assign(this, status);
    if (state !== this.state || transport !== this.transport) {
      this.emit('state', this.state);
    }
  }

  #listen(name) {
    const { signal } = this.#closed;
    const on = (target, type, listener) => target?.addEventListener(type, listener, { signal });
    const watch = setInterval(() => this.#doubt(name), 2_000);
    signal.addEventListener('abort', () => clearInterval(watch));
    const onNetwork = () => this.#line?.poke(true);
    on(window, 'online', onNetwork);
    on(window, 'offline', () => this.#line?.drop());
    on(navigator.connection, 'change', onNetwork);
    on(document, 'visibilitychange', () => {
      this.#do({});
      this.#dialogs.forEach((dialog) => dialog.look());
    });
    on(window, 'pagehide', () => this.#part());
    on(window, 'pageshow', ({ persisted }) => persisted && this.#join(name));
  }
}
