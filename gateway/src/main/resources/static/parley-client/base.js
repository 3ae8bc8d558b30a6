/** What all parts share. */

const LASTING = ['bad_request', 'conflict', 'forbidden', 'not_found', 'too_large', 'unauthorized'];

/** Why something did not go well: the gateway's own words, or `unreachable`. */
export class Problem extends Error {
  constructor({ status = 0, code = 'unreachable', title, detail, retry_after_ms: retryAfterMs = 0 } = {}) {
    super(detail ?? title ?? 'The gateway cannot be reached');
    Object.assign(this, { status, code, title, detail, retryAfterMs });
  }

  /** Whether the same may go well later by itself. */
  get isPassing() {
    return this.status ? this.status === 429 || this.status >= 500 : !LASTING.includes(this.code);
  }
}

/** @returns {Promise<any>} the JSON of the answer, or the body of a stream; throws a Problem */
export async function request(method, url, { token, body, signal = AbortSignal.timeout(15_000) } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(url, { method, headers, signal, cache: 'no-store', body: body && JSON.stringify(body) });
    if (response.ok) {
      const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream');
      return isStream ? response.body : response.status === 204 ? undefined : await response.json();
    }
  } catch {
    throw new Problem();
  }
  const told = await response.json().catch(() => ({}));
  const wait = 1_000 * response.headers.get('Retry-After') || 0;
  throw new Problem(told.code && { retry_after_ms: wait, ...told, status: response.status });
}

/** What a token says of itself, where it is a JWT. */
export function claims(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

/** A token that is renewed in time. */
export class Tokens {
  #source;
  #renewing;
  #endsAt = 0;
  renewAt = 0;

  /**
   * @param {(old?: string) => Promise<string|undefined>} source gets a new token; nothing: there is none any more
   * @param {string} [token] one that is there already
   */
  constructor(source, token) {
    this.#source = source;
    this.keep(token, 0);
  }

  async current() {
    if (Date.now() >= this.renewAt) {
      await this.renew().catch((problem) => {
        if (!problem.isPassing || Date.now() >= this.#endsAt) {
          throw problem;
        }
      });
    }
    return this.token;
  }

  /** A new token. Who asks while it is under way gets the same one. */
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

  /** A fresh token lives for as long as it says, even where this machine's clock is wrong. */
  keep(token, now = Date.now() / 1_000) {
    const { exp = token ? 1e12 : 0, iat = exp } = claims(token);
    this.token = token;
    this.#endsAt = 1_000 * Math.max(exp, now && now + exp - iat);
    this.renewAt = this.#endsAt - Math.min(90_000, 250 * (exp - iat));
    return token;
  }
}

export class Emitter extends EventTarget {
  /** @returns {() => void} ends it */
  on(type, listener) {
    const hear = ({ detail }) => listener(detail);
    this.addEventListener(type, hear);
    return () => this.removeEventListener(type, hear);
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** What the browser keeps. One that keeps nothing costs the memory, not the page. */
export function load(key, area = 'localStorage') {
  try {
    return JSON.parse(window[area][key]);
  } catch {
    return undefined;
  }
}

export function save(key, value, area = 'localStorage') {
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

/** As crypto.randomUUID, which browsers keep from pages that came by plain http from another machine. */
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Full jitter, so that a thousand clients do not come back in the same moment. */
export const pause = (tries) => 500 + Math.random() * (Math.min(20_000, 1_000 * 2 ** tries) - 500);
