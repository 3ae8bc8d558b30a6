/** The list of dialogs: newest activity first, looked at again every few seconds while somebody looks at it. */

import { byId, element } from './elements.js';
import { fullTimeWords, timeWords } from './words.js';

const PAGE = 30;
const MOST = 100;
const AGAIN_MS = 4_000;

export class DialogTable {
  #session;
  #onProblem;
  #rows = new Map();
  #limit = PAGE;
  #timer;

  /**
   * @param {import('./operator-session.js').OperatorSession} session
   * @param {(problem: Error|undefined) => void} onProblem with nothing: it went well again
   */
  constructor(session, onProblem) {
    this.#session = session;
    this.#onProblem = onProblem;
  }

  async start() {
    byId('list').hidden = false;
    byId('older').addEventListener('click', () => {
      this.#limit = Math.min(MOST, this.#limit + PAGE);
      this.#look();
    });
    document.addEventListener('visibilitychange', () => this.#look());
    await this.#look();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#session = undefined;
  }

  async #look() {
    clearTimeout(this.#timer);
    if (document.hidden || !this.#session) {
      return;
    }
    try {
      const { dialogs, next } = await this.#session.get(`/api/dialogs?limit=${this.#limit}`);
      this.#show(dialogs);
      byId('older').hidden = !next || this.#limit === MOST;
      this.#onProblem(undefined);
    } catch (problem) {
      this.#onProblem(problem);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), AGAIN_MS);
  }

  /** Rows are kept where they can be, so that the focus stays where it is. */
  #show(dialogs) {
    byId('list-empty').hidden = dialogs.length > 0;
    const rows = dialogs.map((dialog) => {
      const text = JSON.stringify(dialog);
      const known = this.#rows.get(dialog.id);
      return known?.text === text ? known : { text, node: filled(known?.node ?? element('li'), dialog) };
    });
    this.#rows = new Map(dialogs.map((dialog, index) => [dialog.id, rows[index]]));
    const list = byId('dialogs');
    const nodes = rows.map((row) => row.node);
    if (nodes.length !== list.children.length || nodes.some((node, index) => node !== list.children[index])) {
      const focused = document.activeElement;
      list.replaceChildren(...nodes);
      focused?.isConnected && focused.focus();
    }
  }
}

function filled(row, dialog) {
  const at = new Date(dialog.last_activity_at);
  const link = row.querySelector('a') ?? row.appendChild(element('a', { href: `/operator.html?dialog=${dialog.id}` }));
  link.replaceChildren(
    element('span', { class: 'name', dir: 'auto' }, dialogName(dialog)), ' ',
    element('span', { class: 'state', dir: 'auto' }, stateWords(dialog)), ' ',
    element('span', { class: 'count' }, dialog.seq === 1 ? '1 message' : `${dialog.seq} messages`), ' ',
    element('time', { datetime: at.toISOString(), title: fullTimeWords(at) }, timeWords(at)));
  link.classList.toggle('urgent', dialog.needs_human);
  return row;
}

/** What operators call a dialog. */
export function dialogName(dialog) {
  return `${dialog.visitor?.name ?? 'Visitor'}, dialog ${dialog.id}`;
}

function stateWords(dialog) {
  if (dialog.status === 'closed') {
    return 'closed';
  }
  if (dialog.needs_human) {
    return 'asks for a human';
  }
  return dialog.mode === 'ai' ? `with ${dialog.assistant?.name ?? 'the assistant'}`
    : `with ${dialog.assignee?.name ?? 'an operator'}`;
}
