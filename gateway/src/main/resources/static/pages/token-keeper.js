/** A token that is renewed in time. */

/** So long before its end a token is renewed. */
const MARGIN_MS = 60_000;

/** @typedef {{token: string, expiresAt: number}} Issued a token and its end in epoch milliseconds */

export class TokenKeeper {
  #issued;
  #renew;
  #renewing;

  /**
   * @param {Issued} issued
   * @param {(token: string) => Promise<Issued>} renew gets a new one for the old one, and keeps it where it is kept
   */
  constructor(issued, renew) {
    this.#issued = issued;
    this.#renew = renew;
  }

  /** When the token should be renewed, in epoch milliseconds. */
  get renewAt() {
    return this.#issued.expiresAt - MARGIN_MS;
  }

  /** A token that is good for some time yet, as far as this page knows. */
  async current() {
    if (Date.now() < this.renewAt) {
      return this.#issued.token;
    }
    try {
      return await this.renew();
    } catch (problem) {
      if (problem.isPassing && Date.now() < this.#issued.expiresAt) {
        return this.#issued.token;
      }
      throw problem;
    }
  }

  /** A new token. Who asks while it is under way gets the same one. */
  renew() {
    this.#renewing ??= this.#renew(this.#issued.token)
      .then((issued) => {
        this.#issued = issued;
        return issued.token;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }
}
