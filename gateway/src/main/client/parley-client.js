/**
 * Parley's client: follows dialogs and speaks in them, whatever the network does. A visitor's page needs no more than
 *
 *     import { visit } from 'https://chat.example.com/parley-client.js';
 *     const { dialog } = await visit({ assistantId: 1 });
 *     dialog.on('change', () => show(dialog.log.messages, dialog.log.answers, dialog.log.pending));
 *     dialog.send('Hello');
 *
 * and one for signed-in people (`site`) or operators (`admin`):
 *
 *     const connection = new Connection({ audience: 'site', token: async () => (await fetch('/token')).text() });
 *     const dialog = connection.dialog(7);
 */

import { Connection } from './connection.js';
import { DialogLog } from './dialog-log.js';
import { HOME, Problem, request } from './problem.js';
import { Tokens } from './tokens.js';
import { load, newId, pause, save, sleep } from './tools.js';

/**
 * The visitor's dialog with an assistant; this browser remembers who the visitor is.
 *
 * @param {{assistantId: number, gateway?: string, isNew?: boolean, log?: DialogLog, name?: string, email?: string}} options
 */
async function visit({ assistantId, gateway = HOME, isNew, log, ...details }) {
  const key = `parley.visit ${gateway} ${assistantId}`;
  const post = (path, token, body) => request('POST', `${gateway}/api/widget/${path}`, { token, body })
    .catch(async (problem) => {
      if (problem.status !== 429) {
        throw problem;
      }
      // Others have come from this address lately.
      await sleep(problem.retryAfterMs + pause(1));
      return post(path, token, body);
    });
  const known = load(key) ?? {};
  const keep = ({ visitor_token: token }) => {
    save(key, Object.assign(known, { token }));
    return token;
  };
  const tokens = new Tokens(async (old) => keep(await post('token', old)), known.token);
  const open = (id, token) => {
    known.id = id;
    const here = location.origin + location.pathname;
    return post('dialogs', token, { assistant_id: assistantId, client_dialog_id: id, page_url: here, ...details });
  };
  const id = (!isNew && known.id) || newId();
  const opened = await (known.token ? tokens.current().then((token) => open(id, token)) : open(id)).catch((problem) => {
    // Whoever has no good token is somebody new to the gateway.
    if (problem.status === 401) {
      return open(newId());
    }
    throw problem;
  });
  tokens.keep(keep(opened));
  const connection = new Connection({ audience: 'widget', gateway, token: tokens });
  return { connection, dialog: connection.dialog(opened.dialog_id, { log }), assistant: opened.assistant };
}

export { Connection, DialogLog, Problem, Tokens, request, visit };
