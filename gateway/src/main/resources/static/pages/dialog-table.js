/** The list of dialogs, as it changes: newest activity first, who needs a human, what is unread. */

import { Connection } from '/parley-client.js';
import { Announcer } from './announcer.js';
import { beforeNextFrame, byId, element, showText } from './elements.js';
import { connectionWords, fullTimeWords, timeWords } from './words.js';

const MOST_UNREAD = 100;

export class DialogTable {
  #session;
  #events;
  #connection;
  #inbox;
  #rows = new Map();
  #urgent;
  #announcer = new Announcer(byId('announcer'));
  #show = beforeNextFrame(() => this.#render());

  /**
   * @param {import('./operator-session.js').OperatorSession} session
   * @param {{onProblem: (problem: Error|undefined) => void, onEnd: (problem: Error) => void}} events no problem: all is well
   */
  constructor(session, events) {
    this.#session = session;
    this.#events = events;
  }

  start() {
    byId('list').hidden = false;
    this.#connection = new Connection({ audience: 'admin', token: this.#session.tokens });
    this.#connection.on('state', () => {
      this.#show();
      return this.#connection.problem && this.#events.onEnd(this.#connection.problem);
    });
    this.#inbox = this.#connection.inbox();
    this.#inbox.on('change', () => {
      this.#events.onProblem(undefined);
      this.#show();
    });
    this.#inbox.on('problem', this.#events.onProblem);
    this.#inbox.on('end', this.#events.onEnd);
    byId('older').addEventListener('click', () => this.#inbox.more());
    this.#show();
  }

  stop() {
    this.#connection?.close();
  }

  #render() {
    const { dialogs, hasMore, isRead } = this.#inbox;
    byId('connection').dataset.state = this.#connection.state;
    showText(byId('connection'), connectionWords(this.#connection.state));
    byId('older').hidden = !hasMore;
    byId('list-empty').hidden = !isRead || dialogs.length > 0;
    this.#showRows(dialogs);
    this.#call(dialogs.filter((dialog) => dialog.needs_human), isRead);
  }

  /** Rows are kept where they can be, so that the focus stays where it is. */
  #showRows(dialogs) {
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

  /**
   * Says who needs a human, be it that they asked for one or that the assistant cannot answer: how many in the page's title,
   * and aloud whoever has only begun to.
   */
  #call(waiting, isRead) {
    document.title = `${waiting.length ? `(${waiting.length}) ` : ''}Parley: operator view`;
    waiting.filter(({ id }) => this.#urgent?.has(id) === false)
      .forEach((dialog) => this.#announcer.say(`${dialogName(dialog)} needs a human`));
    this.#urgent = isRead ? new Set(waiting.map(({ id }) => id)) : undefined;
  }
}

function filled(row, dialog) {
  const at = new Date(dialog.last_activity_at);
  const link = row.querySelector('a') ?? row.appendChild(element('a', { href: `/operator.html?dialog=${dialog.id}` }));
  const count = element('span', { class: 'count' }, dialog.seq === 1 ? '1 message' : `${dialog.seq} messages`);
  if (dialog.unread) {
    const unread = dialog.unread < MOST_UNREAD ? dialog.unread : `${MOST_UNREAD} or more`;
    count.append(' ', element('span', { class: 'unread' }, `${unread} unread`));
  }
  link.replaceChildren(
    element('span', { class: 'name', dir: 'auto' }, dialogName(dialog)), ' ',
    element('span', { class: 'state', dir: 'auto' }, stateWords(dialog)), ' ', count, ' ',
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
    return 'needs a human';
  }
  return dialog.mode === 'ai' ? `with ${dialog.assistant?.name ?? 'the assistant'}`
    : `with ${dialog.assignee?.name ?? 'an operator'}`;
}
