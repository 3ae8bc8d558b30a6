/** The operator view: log in, then one dialog (`?dialog=ID`) or the list of all. */

import { DialogTable } from './dialog-table.js';
import { byId, showText } from './elements.js';
import { OperatorDialog } from './operator-dialog.js';
import { OperatorSession } from './operator-session.js';
import { problemWords } from './words.js';

const TROUBLE_MS = 10_000;
const RETRY_MS = 3_000;

/** What is shown, once somebody is logged in. */
let view;
let troubleTimer;

function main() {
  byId('login').addEventListener('submit', (event) => {
    event.preventDefault();
    logIn();
  });
  byId('logout').addEventListener('click', () => {
    OperatorSession.logOut();
    location.assign('/operator.html');
  });
  const session = OperatorSession.restored();
  if (session) {
    enter(session);
  } else {
    askToLogIn();
  }
}

async function logIn() {
  const submit = byId('login').querySelector('button');
  submit.disabled = true;
  try {
    const session = await OperatorSession.logIn(byId('username').value.trim(), byId('password').value);
    if (view) {
      // The page has been used before the session ended: begin with a clean one.
      return location.reload();
    }
    byId('password').value = '';
    showTrouble('');
    await enter(session);
  } catch (problem) {
    showTrouble(problem.status === 401 ? 'The user name or the password is wrong.' : problemWords(problem));
    byId('password').select();
  } finally {
    submit.disabled = false;
  }
}

function askToLogIn(why) {
  view?.stop();
  OperatorSession.logOut();
  for (const id of ['list', 'dialog', 'user', 'all', 'logout', 'connection']) {
    byId(id).hidden = true;
  }
  showText(byId('login-why'), why);
  byId('login').hidden = false;
  byId('username').focus();
}

async function enter(session) {
  byId('login').hidden = true;
  showText(byId('user'), session.user.name);
  byId('logout').hidden = false;
  const dialogId = Number(new URLSearchParams(location.search).get('dialog'));
  const onEnd = (problem) => failed(problem, { stays: true });
  if (!dialogId) {
    view = new DialogTable(session, { onProblem: (problem) => problem ? failed(problem) : showTrouble(''), onEnd });
    return view.start();
  }
  byId('all').hidden = false;
  view = new OperatorDialog(session, { onProblem: failed, onEnd });
  await show(dialogId);
}

async function show(dialogId) {
  try {
    await view.start(dialogId);
    byId('text').focus();
    showTrouble('');
  } catch (problem) {
    failed(problem, { stays: true });
    if (problem.isPassing) {
      setTimeout(() => show(dialogId), RETRY_MS);
    }
  }
}

function failed(problem, options) {
  if (problem.status === 401 || problem.code === 'unauthorized') {
    askToLogIn('Your session has ended: please log in again.');
  } else {
    showTrouble(problemWords(problem), options);
  }
}

function showTrouble(words, { stays = false } = {}) {
  showText(byId('trouble'), words);
  clearTimeout(troubleTimer);
  if (!stays) {
    troubleTimer = setTimeout(() => showText(byId('trouble'), ''), TROUBLE_MS);
  }
}

main();
