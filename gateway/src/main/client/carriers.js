/** The three ways of a feed to the page. */

import { Problem, request } from './problem.js';
import { INBOX, SHORT_MS, pause, sleep } from './tools.js';

/** Of the six connections that a browser opens to one host. */
export const MOST_STREAMS = 4;

const named = (id) => (id === INBOX ? { inbox: true } : { dialog_id: id });

/**
 * One way to the gateway, while it is used. `hear` is to be called with each event, and without one for other signs of life;
 * `lost` once, when it is over.
 *
 * @typedef {{name: string, token: () => Promise<string>, hear: (event?: object) => void, lost: (why: object) => void,
 *   follow: (id: number, since: number) => void, unfollow: (id: number) => void, poke: () => void, close: () => void,
 *   send?: (frame: object) => boolean}} Carrier the line gives the first part of it, the functions below add the rest
 */

/** All dialogs over one WebSocket, which carries what is said here, too. @param {Carrier} self */
export async function socket(self, { base, follows, refuse }) {
  const asked = new Set();
  let open;

  self.send = (frame) => {
    const isOpen = open && !asked.has(frame.dialog_id);
    if (isOpen) {
      open.send(JSON.stringify(frame));
      if (frame.client_msg_id) {
        self.poke(); // nobody waits half a minute to learn that his words went nowhere
      }
    }
    return isOpen;
  };
  self.unfollow = (id) => {
    asked.delete(id);
    self.send({ type: 'unsubscribe', ...named(id) });
  };
  self.follow = (id, cursor) => {
    asked.delete(id);
    self.send({ type: 'subscribe', ...named(id), since: `${cursor}`, echo: true });
    asked.add(id);
  };
  self.poke = () => {
    const now = self.pingedAt = Date.now();
    self.send({ type: 'ping' });
    setTimeout(() => self.heardAt < now && self.lost({}), SHORT_MS);
  };
  try {
    const made = new WebSocket(base('ws').replace('http', 'ws'), ['parley', `bearer.${await self.token()}`]);
    self.heardAt += self.patience;
    self.close = () => {
      open = false;
      return made.readyState && made.close();
    };
    made.onopen = () => {
      if (self.isOver) {
        made.close();
        return;
      }
      open = made;
      self.hear();
      self.poke();
      follows.forEach((cursor, id) => self.follow(id, cursor));
    };
    made.onclose = ({ code }) => self.lost({ code });
    made.onmessage = ({ data }) => receive(JSON.parse(data));
  } catch (problem) {
    self.lost({ problem });
  }

  function receive(frame) {
    const { type, dialog_id: id = INBOX } = frame;
    if (type === 'ping') {
      self.send({ type: 'pong' });
    } else if (type === 'hello') {
      asked.delete(id);
    } else if (type === 'error' && !frame.client_msg_id && asked.delete(id)) {
      const problem = new Problem(frame);
      if (problem.isPassing) {
        sleep(pause(2) + problem.retryAfterMs).then(() => follows.has(id) && self.follow(id, follows.get(id)));
      } else {
        refuse(id, problem);
      }
      return self.hear();
    }
    return self.hear(frame);
  }
}

/** What streams and polls have in common: each dialog is followed by requests of its own. */
function requests(self, { base, follows, refuse }, run) {
  const running = new Map();
  self.close = () => running.forEach((abort) => abort.abort());
  self.unfollow = (id) => running.get(id)?.abort();
  self.follow = (id, since) => {
    self.unfollow(id);
    const abort = new AbortController();
    running.set(id, abort);
    run(id, since, abort.signal, ask).catch((problem) => {
      if (!abort.signal.aborted) {
        (problem.isPassing === false && problem.status !== 401 ? refuse(id, problem) : self.lost({ problem }));
      }
    });
  };
  self.poke = () => follows.forEach((cursor, id) => self.follow(id, cursor));
  self.poke();

  async function ask(id, parameters, signal) {
    const query = new URLSearchParams({ echo: true, ...parameters, ...self.first });
    self.first = undefined;
    return request('GET', `${base(self.name)}/dialogs/${id}?${query}`, { signal, token: await self.token() });
  }
}

/** A stream of server-sent events for each dialog. There is none for the inbox: alone, it is left for polls. @param {Carrier} self */
export function streams(self, line) {
  requests(self, line, async (id, since, signal, ask) => {
    if (id === INBOX) {
      await self.token();
      return;
    }
    const reader = (await ask(id, { since }, signal)).pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let part; !(part = await reader.read()).done;) {
      self.hear();
      const events = (rest + part.value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = /^data: (.*)/m.exec(event);
        if (data && !signal.aborted) {
          self.hear(JSON.parse(data[1]));
        }
      }
    }
    self.lost({});
  });
}

/** A long poll for each dialog; where they are too many for that, short ones by turns. @param {Carrier} self */
export function polls(self, line) {
  let turn;
  requests(self, line, async (id, start, signal, ask) => {
    for (; id === INBOX; await sleep(10_000)) {
      await request('GET', `${line.base('api')}/dialogs?limit=1`, { signal, token: await self.token() });
      self.hear({ type: 'ping' }); // so the gateway can be reached, and the inbox reads by itself
    }
    for (let cursor; !signal.aborted;) {
      const wait = !cursor || line.follows.size > MOST_STREAMS ? 0 : line.pollWait;
      const began = Date.now();
      let rest = 100;
      try {
        const poll = () => ask(id, { since: cursor ?? start, wait },
          AbortSignal.any([signal, AbortSignal.timeout(1_000 * wait + 10_000)]));
        const news = await (wait ? poll() : turn = Promise.resolve(turn).then(poll, poll));
        if (cursor) {
          rest = Math.max(rest, news.poll_after_ms, line.isSeen() ? 0 : 10_000);
        } else {
          self.hear({ type: 'hello', dialog_id: id });
        }
        cursor = news.cursor;
        news.events.forEach(self.hear);
      } catch (problem) {
        if (signal.aborted || problem.status || wait < 2 || Date.now() - began < 1_000) {
          throw problem;
        }
        line.pollWait = wait >> 1; // something on the way has less patience
      }
      await sleep(rest);
    }
  });
}
