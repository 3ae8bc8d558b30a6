import { Problem } from './problem.js';
import { Emitter, INBOX } from './tools.js';

/**
 * The dialogs of all visitors, for an operator. Changes are shown as they come; what they do not tell, as the count of what
 * is unread, is read soon after them, and from time to time where none can come. Nobody reads while nobody looks. Events:
 * `change`, `problem`, `end` (it is not this caller's to see).
 */
export class Inbox extends Emitter {
  #connection;
  #limit;
  #timer;
  #readAt = 0;
  #isStale = true;
  id = INBOX;
  log = { cursor: 0 };

  /** As `GET /dialogs` gives them: those with the newest activity first. @type {object[]} */
  dialogs = [];
  /** Whether there are older ones. */
  hasMore = false;
  /** Whether they are known: before that there may be others. */
  isRead = false;

  /** @param {Connection} connection @param {number} limit how many are shown */
  constructor(connection, limit) {
    super();
    this.#connection = connection;
    this.#limit = limit;
    this.#timer = setInterval(() => this.look(), 1_000);
    connection.follow(this);
    this.look();
  }

  /** Shows so many more of the older ones, up to a hundred in all. @param {number} [count] */
  more(count = 30) {
    this.#limit = Math.min(100, this.#limit + count);
    this.#read();
  }

  /** Follows them no more. */
  close() {
    clearInterval(this.#timer);
    this.#connection.leave(INBOX);
  }

  /** What the line has heard. @param {object} event */
  receive({ type, dialog, problem }) {
    this.#isStale = true;
    if (type === 'refused') {
      this.close();
      this.emit('end', new Problem(problem));
    } else if (dialog) {
      const known = this.dialogs.find(({ id }) => id === dialog.id);
      this.#show([{ ...known, ...dialog }, ...this.dialogs.filter((one) => one !== known)]);
    }
  }

  /** Somebody may be looking now. */
  look() {
    const { transport } = this.#connection;
    const rest = this.#isStale ? 2_000 : transport === 'websocket' ? 60_000 : 5_000;
    if (!document.hidden && Date.now() - this.#readAt > rest) {
      this.#read();
    }
  }

  async #read() {
    const limit = this.#limit;
    this.#readAt = Infinity; // not twice at once
    this.#isStale = false;
    let wait = 0;
    try {
      const { dialogs, next } = await this.#connection.call('GET', `/dialogs?limit=${limit}`);
      if (limit === this.#limit) {
        this.isRead = true;
        this.hasMore = Boolean(next) && limit < 100;
        this.#show(dialogs);
      }
    } catch (problem) {
      this.#isStale = true;
      wait = problem.retryAfterMs;
      this.emit('problem', problem);
    }
    this.#readAt = Date.now() + wait;
  }

  #show(dialogs) {
    const at = (dialog) => Date.parse(dialog.last_activity_at);
    this.dialogs = dialogs.sort((one, other) => at(other) - at(one) || other.id - one.id).slice(0, this.#limit);
    this.emit('change');
  }
}
