/** The demo page: one visitor, one dialog, one assistant. Start reading at `main`. */

import { request, visit } from '/parley-client.js';
import { Announcer } from './announcer.js';
import { Composer } from './composer.js';
import { DialogLog } from './dialog-log.js';
import { beforeNextFrame, byId, showControl, showText } from './elements.js';
import { MessageList } from './message-list.js';
import { showPresence } from './presence.js';
import { Scroller } from './scroller.js';
import { connectionWords, endWords, isConnected, problemWords } from './words.js';

const RETRY_MS = 3_000;
const TROUBLE_MS = 10_000;

/** So long the assistant may take to begin before the page says that no answer has come. */
const PATIENCE_MS = 2_500;
const TICK_MS = 1_000;

const scroller = new Scroller(byId('log'), byId('down'));
const announcer = new Announcer(byId('announcer'));
const composer = new Composer(byId('composer'), {
  onSend(text) {
    client?.send(text);
    scroller.toEnd();
  },
  onTyping: (active) => client?.setTyping(active),
});
const show = beforeNextFrame(render);

/** @type {import('/parley-client.js').Connection|undefined} */
let connection;
/** @type {import('/parley-client.js').Dialog|undefined} */
let client;
/** @type {MessageList} */
let list;
let troubleTimer;

async function main() {
  composer.isOpen = false;
  byId('new').addEventListener('click', () => begin({ isNew: true }));
  byId('stop').addEventListener('click', () => client?.stopAnswers());
  byId('human').addEventListener('click', () => client?.handOff());
  byId('earlier').addEventListener('click', () => client?.loadEarlier());
  byId('ask-again').addEventListener('click', () => {
    const owed = client?.log.unanswered;
    return owed && client.askAgain(owed.seq);
  });
  setInterval(show, TICK_MS);
  await begin({ isNew: false });
}

/** Opens a dialog and follows it; tries again until the gateway is there. */
async function begin({ isNew }) {
  connection?.close();
  client = undefined;
  showText(byId('connection'), connectionWords('connecting'));
  try {
    const demo = await request('GET', '/demo.json');
    showModel(demo.model);
    if (!demo.assistant) {
      return showTrouble('No assistant is enabled. An administrator can make one with POST /api/assistants.', {
        stays: true,
      });
    }
    follow(await visit({ assistantId: demo.assistant.id, isNew, log: new DialogLog('user') }));
    showTrouble('');
  } catch (problem) {
    showTrouble(problemWords(problem));
    if (problem.isPassing) {
      setTimeout(() => client || begin({ isNew }), Math.max(RETRY_MS, problem.retryAfterMs ?? 0));
    }
  }
}

function follow(visitor) {
  const { assistant } = visitor;
  list = new MessageList(byId('messages'), { self: 'user', assistant: assistant.name, visitor: 'You' }, {
    retry: (id) => client.retry(id),
    discard: (id) => client.discard(id),
  });
  connection = visitor.connection;
  connection.on('state', () => {
    show();
    return connection.problem && ended(connection.problem);
  });
  client = visitor.dialog;
  client.on('change', show);
  client.on('message', announce);
  client.on('problem', (problem) => showTrouble(problemWords(problem)));
  client.on('end', ended);
  showText(byId('greeting'), assistant.greeting);
  const operator = byId('operator');
  operator.href = `/operator.html?dialog=${client.id}`;
  operator.hidden = false;
  composer.isOpen = true;
  if (matchMedia('(pointer: fine)').matches) {
    composer.focus();
  }
  show();
}

function ended(problem) {
  showTrouble(`${problemWords(problem)} You can begin a new conversation.`, { stays: true });
}

function announce(message) {
  const isOwn = message.sender === 'user';
  if (!isOwn) {
    announcer.say(message.sender === 'system' ? message.text : `${list.nameOf(message)}: ${message.text}`);
  }
}

function render() {
  if (!client) {
    return;
  }
  const { log } = client;
  const { state } = connection;
  const isClosed = log.info.status === 'closed';
  scroller.around(() => {
    list.show(log);
    byId('earlier').hidden = !log.hasEarlier;
    showText(byId('typing'), typingWords(log));
    showUnanswered(log);
  });
  announcer.sayOnce(list.waitWords(log) ?? byId('unanswered-words').textContent, {
    isOver: log.answers.length === 0 && !log.unanswered,
  });
  byId('connection').dataset.state = state;
  showText(byId('connection'), connectionWords(state));
  showPresence(log, 'An operator');
  showControl(byId('stop'), { isShown: log.answers.length > 0, isEnabled: isConnected(state) }, byId('text'));
  showHuman(log);
  composer.isOpen = !isClosed && state !== 'error';
  composer.notice = isClosed ? 'This conversation is closed. You can begin a new one.' : undefined;
}

function showHuman(log) {
  const human = byId('human');
  const { mode, status, needs_human: isAsked } = log.info;
  const isPossible = mode === 'ai' && status === 'open';
  showControl(human, { isShown: isPossible, isEnabled: !isAsked }, byId('text'));
  const words = isAsked ? 'A human was asked for' : 'Ask for a human';
  if (human.textContent !== words) {
    human.textContent = words;
  }
}

function showUnanswered(log) {
  const unanswered = isConnected(connection.state) ? log.unanswered : undefined;
  const isKnown = unanswered?.isBegun || unanswered?.reason;
  const isDue = Boolean(isKnown || (unanswered && Date.now() - log.changedAt > PATIENCE_MS));
  showText(byId('unanswered-words'), isDue && !unanswered.isBegun ? endWords(unanswered.reason, false) : '');
  showControl(byId('ask-again'), { isShown: isDue }, byId('text'));
  byId('unanswered').hidden = !isDue;
}

function typingWords(log) {
  const names = log.typing();
  return names.length ? `${names[0] ?? 'Somebody'} is typing…` : '';
}

function showModel({ kind, name, url }) {
  const at = url ? ` at ${url}` : '';
  showText(byId('model'), kind === 'rehearsal'
    ? `No Ollama was found${at}, so a rehearsal model answers here: it shows how answers grow, and understands nothing. `
      + 'Try “/long 200”.'
    : `Answers come from the model ${name}, run by Ollama.`);
}

function showTrouble(words, { stays = false } = {}) {
  showText(byId('trouble'), words);
  clearTimeout(troubleTimer);
  if (!stays) {
    troubleTimer = setTimeout(() => showText(byId('trouble'), ''), TROUBLE_MS);
  }
}

main();
