/** One dialog as an operator sees it: watch, reply, take over, give back, close. */

import { Connection } from '/parley-client.js';
import { Announcer } from './announcer.js';
import { Composer } from './composer.js';
import { DialogLog } from './dialog-log.js';
import { dialogName } from './dialog-table.js';
import { beforeNextFrame, byId, showControl, showText } from './elements.js';
import { MessageList } from './message-list.js';
import { showPresence } from './presence.js';
import { Scroller } from './scroller.js';
import { connectionWords } from './words.js';

const TICK_MS = 1_000;

export class OperatorDialog {
  #session;
  #events;
  #dialog;
  #connection;
  #client;
  #list;
  #ticker;
  #scroller = new Scroller(byId('log'), byId('down'));
  #announcer = new Announcer(byId('announcer'));
  #composer = new Composer(byId('composer'), {
    onSend: (text) => {
      this.#client.send(text);
      this.#scroller.toEnd();
    },
    onTyping: (active) => this.#client.setTyping(active),
  });

  #show = beforeNextFrame(() => this.#render());

  /**
   * @param {import('./operator-session.js').OperatorSession} session
   * @param {{onProblem: (problem: Error) => void, onEnd: (problem: Error) => void}} events
   */
  constructor(session, events) {
    this.#session = session;
    this.#events = events;
  }

  /** @throws {import('/parley-client.js').Problem} where it is not there for this operator */
  async start(dialogId) {
    this.#dialog = await this.#session.get(`/api/dialogs/${dialogId}`);
    this.#describe();
    this.#list = new MessageList(byId('messages'), {
      self: 'manager',
      selfId: this.#session.user.id,
      assistant: this.#dialog.assistant?.name ?? 'Assistant',
      visitor: this.#dialog.visitor?.name ?? 'Visitor',
    }, {
      retry: (id) => this.#client.retry(id),
      discard: (id) => this.#client.discard(id),
    });
    this.#connection = new Connection({ audience: 'admin', token: this.#session.tokens });
    this.#connection.on('state', () => {
      this.#show();
      return this.#connection.problem && this.#events.onEnd(this.#connection.problem);
    });
    this.#client = this.#connection.dialog(dialogId, { log: new DialogLog('manager'), area: 'sessionStorage' });
    this.#client.on('change', this.#show);
    this.#client.on('message', (message) => this.#announce(message));
    this.#client.on('problem', this.#events.onProblem);
    this.#client.on('end', this.#events.onEnd);
    this.#listen();
    byId('dialog').hidden = false;
    this.#ticker = setInterval(this.#show, TICK_MS);
    this.#show();
  }

  stop() {
    clearInterval(this.#ticker);
    this.#connection?.close();
  }

  #listen() {
    const act = (id, method, path) => byId(id).addEventListener('click', () => this.#client.change(method, path));
    act('take', 'POST', '/handoff');
    act('give-back', 'DELETE', '/handoff');
    act('close', 'POST', '/close');
    act('reopen', 'POST', '/reopen');
    byId('earlier').addEventListener('click', () => this.#client.loadEarlier());
  }

  #describe() {
    const name = dialogName(this.#dialog);
    const { email, page_url: page } = this.#dialog.visitor ?? {};
    document.title = `${name} · Parley operator view`;
    showText(byId('dialog-title'), name);
    showText(byId('visitor'), [email, page && `on ${page}`].filter(Boolean).join(', '));
  }

  #announce(message) {
    const who = this.#list.nameOf(message);
    if (who !== 'You') {
      this.#announcer.say(message.sender === 'system' ? message.text : `${who}: ${message.text}`);
    }
  }

  #render() {
    const { log } = this.#client;
    const { state } = this.#connection;
    this.#scroller.around(() => {
      this.#list.show(log);
      byId('earlier').hidden = !log.hasEarlier;
      const names = log.typing();
      showText(byId('typing'), names.length ? `${names[0] ?? 'The visitor'} is typing…` : '');
    });
    this.#announcer.sayOnce(this.#list.waitWords(log), { isOver: log.answers.length === 0 });
    byId('connection').dataset.state = state;
    showText(byId('connection'), connectionWords(state));
    showPresence(log, 'The visitor');
    this.#showWhoHasIt(log);
  }

  #showWhoHasIt(log) {
    const { info } = log;
    const isOpen = info.status === 'open';
    const isMine = info.assignee?.id === this.#session.user.id;
    const hasAssistant = info.mode === 'ai';
    showText(byId('has-it'), this.#whoWords(info, isMine));
    byId('has-it').classList.toggle('urgent', info.needs_human);
    this.#composer.isOpen = isOpen;
    const mayGiveBack = isMine || this.#session.isAdmin;
    const box = byId('text');
    showControl(byId('take'), { isShown: isOpen && hasAssistant }, box);
    showControl(byId('give-back'), { isShown: isOpen && !hasAssistant && mayGiveBack }, box);
    showControl(byId('reopen'), { isShown: !isOpen }, box);
    showControl(byId('close'), { isShown: isOpen }, byId('reopen'));
    this.#composer.notice = this.#notice(info, isMine);
  }

  #whoWords(info, isMine) {
    if (info.status === 'closed') {
      return 'This dialog is closed.';
    }
    const wish = info.needs_human ? ' A human was asked for.' : '';
    if (info.mode === 'ai') {
      return `${this.#dialog.assistant?.name ?? 'The assistant'}, the assistant, has this dialog.${wish}`;
    }
    return isMine ? 'You have this dialog.' : `${this.#holder(info)} has this dialog.`;
  }

  #notice(info, isMine) {
    if (info.status === 'closed') {
      return 'Reopen the dialog to write in it.';
    }
    if (info.mode === 'ai') {
      return 'Your reply takes the dialog over from the assistant.';
    }
    return isMine ? undefined : `${this.#holder(info)} has this dialog.`;
  }

  #holder(info) {
    return info.assignee?.name ?? 'Another operator';
  }
}
