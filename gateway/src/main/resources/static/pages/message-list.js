/** Shows a dialog's log: what was said, what grows, what is not sent yet, and what has happened between. */

import { button, element, showText } from './elements.js';
import { endWords, fullTimeWords, phaseWords, problemWords, queueWords, timeWords } from './words.js';

const DELIVERY = { waiting: 'waiting for the connection', sent: 'sending…', failed: 'not sent' };

/**
 * @typedef {object} View who is who, for the reader of this page
 * @property {'user'|'manager'} self
 * @property {string} assistant the assistant's name
 * @property {string} visitor what a visitor without a name is called
 * @property {number} [selfId] an operator's own id: another operator's messages are not "You"
 */

export class MessageList {
  #list;
  #view;
  #actions;
  /** @type {Map<string, Entry|Happening>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} list
   * @param {View} view
   * @param {{retry: (id: string) => void, discard: (id: string) => void}} actions for a message that was not sent
   */
  constructor(list, view, actions) {
    this.#list = list;
    this.#view = view;
    this.#actions = actions;
    list.replaceChildren();
  }

  /** @param {import('./dialog-log.js').DialogLog} log */
  show(log) {
    const shown = new Set();
    let place = this.#list.firstChild;
    for (const item of this.#items(log)) {
      const row = this.#rows.get(item.key) ?? this.#add(item);
      row.show(item);
      shown.add(item.key);
      if (row.node === place) {
        place = place.nextSibling;
      } else {
        this.#list.insertBefore(row.node, place);
      }
    }
    for (const [key, row] of this.#rows) {
      if (!shown.has(key)) {
        row.node.remove();
        this.#rows.delete(key);
      }
    }
  }

  /** What is called by which name, for those who hear the page. */
  nameOf(message) {
    return this.#isOwn(message) ? 'You' : message.sender_name ?? this.#defaultName(message.sender);
  }

  /** What the answers in flight wait for beside their turn: the same for all, since they are of one assistant. */
  waitWords(log) {
    const { assistant, self } = this.#view;
    return phaseWords(log.answers.find(({ phase }) => phase)?.phase, assistant, self);
  }

  #items(log) {
    return [
      ...log.messages.map((said) => this.#said(said, log)),
      ...log.pending.map((own) => ownItem(own, this.#view.self)),
      ...log.answers.map((answer) => answerItem(answer, this.#view)),
    ];
  }

  #said(said, log) {
    const at = new Date(said.timestamp);
    if (said.sender === 'system') {
      return { key: said.key, kind: 'event', type: said.type, text: said.text, at, seq: said.seq };
    }
    return {
      key: said.key,
      kind: 'said',
      isOwn: this.#isOwn(said),
      sender: said.sender,
      who: this.nameOf(said),
      text: said.text,
      at,
      seq: said.seq,
      delivery: this.#isOwn(said) ? log.statusOf(said) : '',
      state: said.state,
      note: said.state ? endWords(log.reasonOf(said), true) : '',
    };
  }

  #isOwn(said) {
    const { self, selfId } = this.#view;
    return said.sender === self && (selfId === undefined || !said.sender_id || said.sender_id === String(selfId));
  }

  #defaultName(sender) {
    return { assistant: this.#view.assistant, user: this.#view.visitor, manager: 'Operator' }[sender] ?? '';
  }

  #add(item) {
    const row = item.kind === 'event' ? new Happening() : new Entry(this.#actions);
    this.#rows.set(item.key, row);
    return row;
  }
}

function ownItem(own, sender) {
  return {
    key: `own:${own.id}`,
    kind: 'said',
    isOwn: true,
    sender,
    who: 'You',
    text: own.text,
    at: new Date(own.at),
    delivery: DELIVERY[own.state],
    failed: own.state === 'failed' ? own.id : undefined,
    note: own.state === 'failed' ? problemWords(own.problem ?? {}) : '',
  };
}

function answerItem(answer, view) {
  return {
    key: `answer:${answer.requestId}`,
    kind: 'said',
    isOwn: false,
    sender: 'assistant',
    who: view.assistant,
    text: answer.text,
    isGrowing: true,
    note: answer.text ? '' : progressWords(answer, view),
  };
}

function progressWords({ phase, position, startsInMs }, { assistant, self }) {
  return phaseWords(phase, assistant, self)
    ?? (position > 0 ? queueWords(position, startsInMs) : `${assistant} is thinking…`);
}

/** What somebody said, or is saying. */
class Entry {
  #who = element('span', { class: 'who', dir: 'auto' });
  #time = element('time');
  #delivery = element('span', { class: 'delivery' });
  #text = element('p', { class: 'text', dir: 'auto' });
  #note = element('p', { class: 'note' });
  #buttons = element('p', { class: 'note-actions' });
  #actions;
  #failed;

  constructor(actions) {
    this.#actions = actions;
    this.node = element('li', {}, element('p', { class: 'meta' }, this.#who, ' ', this.#time, ' ', this.#delivery),
      this.#text, this.#note, this.#buttons);
  }

  show(item) {
    const own = item.isOwn ? 'own' : 'other';
    const growing = item.isGrowing ? ' growing' : '';
    const cut = item.state || item.failed ? ' cut' : '';
    setClass(this.node, `message ${own} ${item.sender}${growing}${cut}`);
    if (item.seq) {
      this.node.dataset.seq = item.seq;
    }
    showText(this.#who, item.who);
    showTime(this.#time, item.at);
    showText(this.#delivery, item.delivery);
    this.#delivery.dataset.status = item.delivery ?? '';
    showText(this.#text, item.text);
    showText(this.#note, item.note);
    this.#showButtons(item.failed);
  }

  #showButtons(failed) {
    this.#buttons.hidden = failed === undefined;
    if (failed !== this.#failed) {
      this.#failed = failed;
      this.#buttons.replaceChildren(...(failed === undefined ? [] : [
        button('Try again', () => this.#actions.retry(failed), { class: 'quiet' }),
        button('Remove', () => this.#actions.discard(failed), { class: 'quiet' }),
      ]));
    }
  }
}

/** Something that happened, in a quiet line. */
class Happening {
  #text = element('span', { dir: 'auto' });
  #time = element('time');

  constructor() {
    this.node = element('li', { class: 'event' }, this.#text, ' ', this.#time);
  }

  show(item) {
    this.node.dataset.seq = item.seq;
    showText(this.#text, item.text);
    showTime(this.#time, item.at);
  }
}

function setClass(node, name) {
  if (node.className !== name) {
    node.className = name;
  }
}

function showTime(time, at) {
  const iso = at?.toISOString() ?? '';
  if (time.dateTime !== iso) {
    time.dateTime = iso;
    time.title = at ? fullTimeWords(at) : '';
    time.textContent = at ? timeWords(at) : '';
  }
}
