/** Says things to those who hear the page: whole messages only, never an answer that still grows. */

import { element } from './elements.js';

/** Long enough to be read out, short enough not to be found a second time by who walks through the page. */
const KEPT_MS = 20_000;

export class Announcer {
  #region;
  #told = new Set();

  /** @param {HTMLElement} region a polite live region that nobody sees */
  constructor(region) {
    this.#region = region;
  }

  /**
   * Says what is so for a while, each thing once until all of it is over, however often it changes there and back.
   *
   * @param {string} [text] @param {{isOver: boolean}} state
   */
  sayOnce(text, { isOver }) {
    if (isOver) {
      this.#told.clear();
    } else if (text && !this.#told.has(text)) {
      this.#told.add(text);
      this.say(text);
    }
  }

  say(text) {
    const line = element('p', { dir: 'auto' }, text);
    this.#region.append(line);
    setTimeout(() => line.remove(), KEPT_MS);
  }
}
