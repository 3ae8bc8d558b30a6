/** How far a page has received and read a dialog: told once for all of a second, and again where it may have been lost. */
export class Receipts {
  #send;
  #timer;
  #marks = { delivered_seq: 0, read_seq: 0 };

  /** @param {(marks: {delivered_seq: number, read_seq: number}) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {'delivered_seq'|'read_seq'} kind @param {number} seq */
  mark(kind, seq) {
    if (seq > this.#marks[kind]) {
      this.#marks[kind] = seq;
      this.tell();
    }
  }

  /** Tells them soon, where there is anything to tell. */
  tell() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#marks.delivered_seq) {
        this.#send(this.#marks);
      }
    }, 1_000);
  }

  /** Tells nothing any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = -1;
  }
}
