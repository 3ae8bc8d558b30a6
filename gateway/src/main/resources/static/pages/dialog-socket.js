/**
 * A WebSocket that comes back. Knows the heartbeat and the close codes of the protocol, and neither what is said nor
 * any element of the page.
 */

const SILENCE_MS = 40_000;
const SIGN_OF_LIFE_MS = 5_000;
const WATCH_MS = 2_000;
const OPENING_MS = 15_000;
const STABLE_MS = 10_000;
const LEAST_WAIT_MS = 500;
const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 20_000;

/** Closed with one of these, coming back is of no use; the value is what a request would have been told. */
const FINAL = new Map([
  [4403, { status: 403, code: 'forbidden' }],
  [4404, { status: 404, code: 'not_found' }],
]);
const UNAUTHORIZED = 4401;

/**
 * connecting: for the first time; reconnecting: after it was lost, the next try is under way or soon;
 * offline: the browser says there is no network; ended: it will not come back by itself
 *
 * @typedef {'connecting'|'connected'|'reconnecting'|'offline'|'ended'} Connection
 */

export class DialogSocket {
  #options;
  #socket;
  #heardAt = 0;
  #openedAt = 0;
  #tries = 0;
  #timer;
  #watch;
  #running = false;
  #listeners = new AbortController();

  /** @type {Connection} */
  state = 'connecting';

  /**
   * @param {object} options
   * @param {() => string} options.path where to connect, asked anew for each try
   * @param {() => Promise<string>} options.token
   * @param {() => Promise<void>} options.renew gets a new token, after the old one was refused
   * @param {() => Promise<void>} options.check asks by a plain request whether one may connect at all: a browser is
   *   not told why a WebSocket was refused
   * @param {(frame: object) => void} options.onFrame
   * @param {() => void} options.onState
   * @param {(problem: Error) => void} options.onEnd it will not come back by itself
   */
  constructor(options) {
    this.#options = options;
  }

  start() {
    this.#running = true;
    const options = { signal: this.#listeners.signal };
    addEventListener('online', () => this.#comeBack(), options);
    addEventListener('offline', () => this.#lost(), options);
    addEventListener('pageshow', () => this.#comeBack(), options);
    document.addEventListener('visibilitychange', () => document.hidden || this.#comeBack(), options);
    this.#watch = setInterval(() => this.#listen(SILENCE_MS), WATCH_MS);
    this.#connect();
  }

  stop() {
    this.#running = false;
    this.#listeners.abort();
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Hands a frame to the network; false where there is no connection. That it arrived only an answer can say. */
  send(frame) {
    if (this.state !== 'connected') {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Closes this connection and opens another one after so many milliseconds. */
  reconnectAfter(ms) {
    this.#drop();
    this.#wait(ms);
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    this.#become(this.state === 'connecting' ? 'connecting' : away());
    // Until the socket is there this stands for it: a try that was overtaken by another one gives up.
    const attempt = {};
    this.#socket = attempt;
    let token;
    try {
      token = await this.#options.token();
    } catch (problem) {
      return attempt === this.#socket && this.#failed(problem);
    }
    if (attempt === this.#socket) {
      this.#open(token);
    }
  }

  #open(token) {
    const url = new URL(this.#options.path(), location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, ['parley', `bearer.${token}`]);
    let opened = false;
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onmessage = (message) => {
      this.#heardAt = Date.now();
      if (!opened) {
        opened = true;
        this.#openedAt = Date.now();
        this.#become('connected');
      }
      this.#receive(message.data);
    };
    socket.onclose = (close) => this.#closed(close.code, opened);
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    switch (frame.type) {
      case 'ping':
        this.send({ type: 'pong' });
        break;
      case 'pong':
        break;
      case 'goodbye':
        this.reconnectAfter(frame.reconnect_after_ms ?? this.#pause());
        break;
      default:
        this.#options.onFrame(frame);
    }
  }

  async #closed(code, opened) {
    const attempt = {};
    this.#drop();
    this.#socket = attempt;
    this.#become(away());
    try {
      if (FINAL.has(code)) {
        throw Object.assign(new Error(), { isPassing: false }, FINAL.get(code));
      } else if (code === UNAUTHORIZED) {
        await this.#options.renew();
      } else if (!opened) {
        await this.#options.check();
      }
    } catch (problem) {
      return attempt === this.#socket && this.#failed(problem);
    }
    if (attempt === this.#socket) {
      this.#wait(this.#pause());
    }
  }

  #failed(problem) {
    if (problem.isPassing) {
      this.#wait(Math.max(problem.retryAfterMs ?? 0, this.#pause()));
    } else {
      this.stop();
      this.#become('ended');
      this.#options.onEnd(problem);
    }
  }

  /** Full jitter, so that a thousand clients do not come back in the same moment. */
  #pause() {
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#tries);
    this.#tries++;
    return LEAST_WAIT_MS + Math.random() * (most - LEAST_WAIT_MS);
  }

  #wait(ms) {
    this.#become(away());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  /** The network or the tab is back: at once, whatever the wait was to be. */
  #comeBack() {
    if (!this.#running) {
      return;
    }
    if (this.state === 'connected') {
      // It may be long dead without anybody having been told.
      this.send({ type: 'ping' });
      const asked = Date.now();
      setTimeout(() => this.#heardAt < asked && this.#listen(0), SIGN_OF_LIFE_MS);
    } else if (this.state !== 'connecting') {
      this.#connect();
    }
  }

  #lost() {
    this.#drop();
    this.#wait(this.#pause());
  }

  #listen(silence) {
    const opening = this.#socket?.readyState === WebSocket.CONNECTING;
    if ((this.state === 'connected' || opening) && Date.now() - this.#heardAt > (opening ? OPENING_MS : silence)) {
      this.#connect();
    }
  }

  /** Lets go of the socket at once. The close of a dead connection may take minutes. */
  #drop() {
    const socket = this.#socket;
    this.#socket = undefined;
    if (this.state === 'connected' && Date.now() - this.#openedAt > STABLE_MS) {
      this.#tries = 0;
    }
    if (socket instanceof WebSocket) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close(1000);
    }
  }

  #become(state) {
    if (this.state !== state) {
      this.state = state;
      this.#options.onState();
    }
  }
}

function away() {
  return navigator.onLine ? 'reconnecting' : 'offline';
}
