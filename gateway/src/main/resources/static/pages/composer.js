/** The box in which a message is written: Enter sends, the length is watched, and others are told that one types. */

import { showText } from './elements.js';

const MAX_BYTES = 2048;
const TELL_BELOW = 300;
const TYPING_AGAIN_MS = 3_000;
const TYPING_ENDS_MS = 4_000;

const ENCODER = new TextEncoder();

export class Composer {
  #form;
  #text;
  #hint;
  #usual;
  #notice;
  #onTyping;
  #toldAt = 0;
  #idle;

  /**
   * @param {HTMLFormElement} form
   * @param {{onSend: (text: string) => void, onTyping: (active: boolean) => void}} events
   */
  constructor(form, { onSend, onTyping }) {
    this.#form = form;
    this.#text = form.querySelector('textarea');
    this.#hint = form.querySelector('.hint');
    this.#usual = this.#hint.textContent;
    this.#onTyping = onTyping;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send(onSend);
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    this.#text.addEventListener('input', () => this.#written());
  }

  /** What stands below the box; where there is nothing to say: how it is used. */
  set notice(words) {
    this.#notice = words;
    this.#showHint();
  }

  set isOpen(open) {
    for (const control of this.#form.querySelectorAll('textarea, button[type=submit]')) {
      control.disabled = !open;
    }
  }

  focus() {
    this.#text.focus();
  }

  clear() {
    this.#text.value = '';
    this.#showHint();
  }

  get #left() {
    return MAX_BYTES - ENCODER.encode(this.#text.value.trim()).length;
  }

  #send(onSend) {
    const text = this.#text.value.trim();
    if (text && this.#left >= 0) {
      this.clear();
      this.#stopTyping();
      onSend(text);
    }
    this.focus();
  }

  #written() {
    this.#showHint();
    if (!this.#text.value) {
      return this.#stopTyping();
    }
    if (Date.now() - this.#toldAt > TYPING_AGAIN_MS) {
      this.#toldAt = Date.now();
      this.#onTyping(true);
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#stopTyping(), TYPING_ENDS_MS);
  }

  #stopTyping() {
    clearTimeout(this.#idle);
    if (this.#toldAt) {
      this.#toldAt = 0;
      this.#onTyping(false);
    }
  }

  #showHint() {
    const left = this.#left;
    const words = left < 0 ? `Too long: please shorten it by ${-left} bytes.`
      : left < TELL_BELOW ? `${left} bytes left.` : this.#notice ?? this.#usual;
    showText(this.#hint, words);
    this.#hint.classList.toggle('usual', words === this.#usual);
    this.#hint.classList.toggle('wrong', left < 0);
    this.#text.setAttribute('aria-invalid', String(left < 0));
  }
}
