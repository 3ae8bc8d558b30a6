/** Tokens and their ends. */

import { Problem } from './problem.js';

/** What a token says of itself; of one that cannot be read: nothing. @returns {{exp?: number, iat?: number, iss?: string, sub?: string}} */
export function claims(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

/** A token that is renewed before it ends, once at a time, whoever asks. */
export class Tokens {
  #source;
  #renewing;
  renewAt = 0;

  /**
   * @param {(old?: string) => Promise<string>|string} source gives a fresh one; nothing where there is none for this caller
   * @param {string} [token] one that is known already
   */
  constructor(source, token) {
    this.#source = source;
    this.keep(token);
  }

  /** One that is good for a while. @returns {Promise<string>} */
  async current() {
    return Date.now() < this.renewAt ? this.token : this.renew();
  }

  /** A fresh one. @returns {Promise<string>} */
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

  /** Goes on with this one. A token without an end is never renewed. @returns {string} the same */
  keep(token) {
    const { exp = token ? 1e12 : 0, iat = exp } = claims(token);
    this.token = token;
    this.renewAt = 1_000 * exp - Math.min(90_000, 250 * (exp - iat));
    return token;
  }
}
