/** Small things that several parts need. */

export const SHORT_MS = 5_000;

/** What the inbox is followed as, among dialogs. */
export const INBOX = 'inbox';

/** Tells what happens to those who listen. */
export class Emitter extends EventTarget {
  /**
   * @param {string} type
   * @param {(detail: any) => void} listener
   * @returns {() => void} ends it
   */
  on(type, listener) {
    const hear = ({ detail }) => listener(detail);
    this.addEventListener(type, hear);
    return () => this.removeEventListener(type, hear);
  }

  /** @param {string} type @param {any} [detail] */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** What this browser remembers under the key. @param {string} key @param {'localStorage'|'sessionStorage'} [area] */
export function load(key, area = 'localStorage') {
  try {
    return JSON.parse(window[area][key]);
  } catch {
    return undefined;
  }
}

/** Remembers the value, or forgets the key where there is none. @param {string} key @param {any} [value] */
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

/** An id that nobody else has. It needs no secure origin, as `randomUUID` does. @returns {string} */
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** @param {number} ms */
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * How long to wait after so many tries, in milliseconds: with full jitter, so that a thousand clients do not come back in
 * the same moment.
 *
 * @param {number} tries
 * @returns {number} 500 to 20,000
 */
export const pause = (tries) => 500 + Math.random() * (Math.min(20_000, 1_000 * 2 ** tries) - 500);
