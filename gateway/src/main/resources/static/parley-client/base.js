/** What all parts share: problems, requests, tokens, events, memory. */

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

/**
 * @param {{token?: string, body?: object, signal?: AbortSignal, isStream?: boolean}} [options]
 * @returns {Promise<any>} the answer's JSON, or the response itself where a stream is wanted
 * @throws {Problem}
 */
export async function request(method, url, { token, body, isStream, signal = AbortSignal.timeout(15_000) } = {}) {
  const headers = { Accept: isStream ? 'text/event-stream' : 'application/json' };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (body) {
    headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal, cache: 'no-store' });
    if (response.ok) {
      return isStream ? response : response.status === 204 ? undefined : await response.json();
    }
  } catch {
    throw new Problem();
  }
  const told = await response.json().catch(() => ({}));
  const wait = 1_000 * response.headers.get('Retry-After') || 0;
  throw new Problem(told.code && { retry_after_ms: wait, ...told, status: response.status });
}

/** What a token says of itself; nothing where it is not a JWT. */
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
  #expiresAt = 0;

  /** When it should be renewed, in epoch milliseconds. */
  renewAt = 0;

  /**
   * @param {(old?: string) => Promise<string|undefined>} source gets a new token; nothing: there is none any more
   * @param {string} [token] one that is there already
   */
  constructor(source, token) {
    this.#source = source;
    this.#keep(token, 0);
  }

  /** A token that is good for some time yet, as far as one can tell here. */
  async current() {
    if (Date.now() >= this.renewAt) {
      await this.renew().catch((problem) => {
        if (!problem.isPassing || Date.now() >= this.#expiresAt) {
          throw problem;
        }
      });
    }
    return this.token;
  }

  /** A new token. Who asks while it is under way gets the same one. */
  renew() {
    this.#renewing ??= (async () => this.#source(this.token))()
      .then((token) => this.#keep(token, Date.now()), (problem) => {
        throw problem instanceof Problem ? problem : new Problem({ detail: problem?.message });
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  /** A fresh token lives for as long as it says, even where this machine's clock is wrong. */
  #keep(token, now) {
    if (now && !token) {
      throw new Problem({ status: 401, code: 'unauthorized' });
    }
    const { exp = token ? 1e12 : 0, iat = exp } = claims(token);
    const life = 1_000 * (exp - iat);
    this.token = token;
    this.#expiresAt = now ? Math.max(1_000 * exp, now + life) : 1_000 * exp;
    this.renewAt = this.#expiresAt - Math.min(90_000, life / 4);
    return token;
  }
}

export class Emitter {
  #listeners = {};

  /** @returns {() => void} ends it */
  on(type, listener) {
    (this.#listeners[type] ??= new Set()).add(listener);
    return () => this.#listeners[type].delete(listener);
  }

  emit(type, detail) {
    for (const listener of this.#listeners[type] ?? []) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** What the browser keeps. One that keeps nothing costs the memory, not the page. */
export function storage(area) {
  try {
    return window[area];
  } catch {
    return {};
  }
}

const local = storage('localStorage');

export function load(key, store = local) {
  try {
    return JSON.parse(store[key]);
  } catch {
    return undefined;
  }
}

/** Nothing for a value erases it. */
export function save(key, value, store = local) {
  try {
    if (value) {
      store[key] = JSON.stringify(value);
    } else {
      delete store[key];
    }
  } catch {
    // Then it is forgotten with the page.
  }
}

/** As crypto.randomUUID, which browsers keep from pages that came by plain http from another machine. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Full jitter, so that a thousand clients do not come back in the same moment. */
export function pause(tries) {
  return 500 + Math.random() * (Math.min(20_000, 1_000 * 2 ** tries) - 500);
}
