/** Who the visitor is, and which dialog is theirs: kept in this browser, so that a reload goes on where it was. */

import { newId } from './dialog-client.js';
import { request } from './http.js';
import { remembered } from './storage.js';
import { TokenKeeper } from './token-keeper.js';

/** @typedef {{assistantId: number, clientDialogId: string, token: string, expiresAt: number}} Visit */

const memory = remembered('localStorage', 'parley.visit');

/**
 * Opens the visitor's dialog with this assistant, or the one that was open already.
 *
 * @param {number} assistantId
 * @param {{isNew?: boolean}} [options] isNew: a new dialog of the same visitor
 */
export async function openDialog(assistantId, { isNew = false } = {}) {
  const known = memory.load();
  if (known?.assistantId !== assistantId) {
    return begin(assistantId);
  }
  const visit = { ...known, clientDialogId: isNew ? newId() : known.clientDialogId };
  try {
    return await open(visit, await keeper(visit).current());
  } catch (problem) {
    // Whoever has no good token is somebody new to the gateway.
    if (problem.status !== 401) {
      throw problem;
    }
    return begin(assistantId);
  }
}

function begin(assistantId) {
  return open({ assistantId, clientDialogId: newId() });
}

async function open({ assistantId, clientDialogId }, token) {
  const opened = await request('POST', '/api/widget/dialogs', {
    token,
    body: { assistant_id: assistantId, client_dialog_id: clientDialogId, page_url: location.origin + location.pathname },
  });
  const visit = {
    assistantId, clientDialogId, token: opened.visitor_token, expiresAt: Date.parse(opened.expires_at),
  };
  memory.save(visit);
  return { dialogId: opened.dialog_id, assistant: opened.assistant, tokens: keeper(visit) };
}

function keeper(visit) {
  return new TokenKeeper(visit, async (token) => {
    const fresh = await request('POST', '/api/widget/token', { token });
    const issued = { token: fresh.visitor_token, expiresAt: Date.parse(fresh.expires_at) };
    memory.save({ ...(memory.load() ?? visit), ...issued });
    return issued;
  });
}
