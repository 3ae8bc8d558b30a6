/**
 * The line to the gateway: picks the transport by what is received, comes back when it is lost, and looks for a better
 * one. Below are the three transports: each adds to its carrier how dialogs are followed by it.
 */

import { Problem, load, pause, request, save } from './base.js';

/** The best first. Each has to bring a word of the gateway within its patience, and later some sign of life. */
const TRANSPORTS = [
  { name: 'websocket', begin: socket, patience: 4_000, silence: 40_000 },
  { name: 'sse', begin: streams, patience: 4_000, silence: 35_000 },
  { name: 'poll', begin: polls, patience: Infinity, silence: Infinity },
];
const POLL = 2;
/** A browser opens six connections to one host; some are left for other requests. */
const MOST_STREAMS = 4;
const SHORT_MS = 5_000;
const HOUR_MS = 3_600_000;
const CLOSED = { 4401: 'unauthorized', 4403: 'forbidden', 4404: 'not_found' };

/**
 * @param {{base: (kind: string) => string, tokens: import('./base.js').Tokens, isSeen: () => boolean,
 *   onEvent: (event: object) => void, onState: (state: string, problem?: Problem) => void}} page
 */
export function openLine({ base, tokens, isSeen, onEvent, onState }) {
  const memory = `parley.transport ${base('')}`;
  let current;
  let rival; // a better one, tried beside the current one
  let index;
  let fellFrom;
  let strikes = 0;
  let tries = 0;
  let isRenewed = false;
  let renewAgainAt = 0;
  let notBefore = 0;
  let betterAt;
  let timer;
  let watch;

  const line = { base, isSeen, pollWait: 25, start, stop, follow, unfollow, send, poke, end };
  /** dialog_id → the seq up to which it was told; 0 is the operators' inbox. */
  const follows = line.follows = new Map();
  const statistics = line.statistics = Object.fromEntries(TRANSPORTS.map(({ name }) => [name, {
    connects: 0, falls: 0, reconnects: 0, messages: 0,
  }]));
  return line;

  function start() {
    stop();
    isRenewed = false;
    watch = setInterval(look, 500);
    onState('connecting');
    restart();
    open();
  }

  function stop() {
    clearTimeout(timer);
    clearInterval(watch);
    current?.stop();
    rival?.stop();
    watch = current = rival = undefined;
  }

  /** From the cursor on, or from where somebody else is who has less. */
  function follow(id, cursor) {
    const since = Math.min(cursor, follows.get(id) ?? cursor);
    follows.set(id, since);
    current?.follow(id, since);
    rival?.follow(id, since);
    if (!watch) {
      start();
    } else if (current && isCrowded()) {
      current.stop();
      open();
    } else if (index === POLL && follows.size === MOST_STREAMS + 1) {
      current?.poke();
    }
  }

  function unfollow(id) {
    follows.delete(id);
    current?.unfollow(id);
    rival?.unfollow(id);
  }

  /** Whether the frame went out, over a socket. */
  function send(frame) {
    return current?.isTrusted && current.send?.(frame);
  }

  /** Somebody looks again, or (isNew) the network is another: what waits goes on at once, what is dead is found out. */
  function poke(isNew) {
    if (isNew) {
      betterAt = 0;
    }
    if (current?.isTrusted) {
      current.poke(isNew);
    } else if (watch && !current && Date.now() >= notBefore) {
      open();
    }
  }

  /** A dialog cannot be followed (any more). */
  function end(id, problem) {
    unfollow(id);
    onEvent({ type: 'refused', dialog_id: id, problem: { ...problem } });
  }

  /** With what worked within a day, else with the best. */
  function restart() {
    const { name, at = 0 } = load(memory) ?? {};
    index = Date.now() - at < 24 * HOUR_MS ? TRANSPORTS.findIndex((one) => one.name === name) : 0;
    betterAt = at + HOUR_MS;
    fellFrom = undefined;
  }

  function isCrowded() {
    return index === 1 && follows.size > MOST_STREAMS;
  }

  function open() {
    clearTimeout(timer);
    index = isCrowded() ? POLL : index;
    current = carrier(TRANSPORTS[index], fellFrom);
  }

  function carrier({ begin, ...kind }, from) {
    const self = {
      ...kind,
      first: from && { fallback_from: from },
      heardAt: Infinity,
      async token() {
        self.auth = await tokens.current();
        self.heardAt = Math.min(self.heardAt, Date.now());
        return self.auth;
      },
      hear(frame) {
        self.heardAt = Date.now();
        return frame && !self.isStopped && heard(self, frame);
      },
      lost: (why) => self.isStopped || lost(self, why),
      stop() {
        self.isStopped = true;
        self.close();
      },
    };
    begin(self, line);
    return self;
  }

  function heard(self, frame) {
    const { type, dialog_id: id, seq } = frame;
    if (!self.isTrusted) {
      trust(self);
    }
    if (type === 'pong') {
      statistics[self.name].roundTripMs = Date.now() - self.pingedAt;
    } else if (type === 'goodbye') {
      notBefore = Date.now() + frame.reconnect_after_ms;
      lost(self, { code: 1012 });
    } else if (type !== 'ping') {
      if (seq && type !== 'ack' && type !== 'hello' && follows.has(id)) {
        statistics[self.name].messages++;
        follows.set(id, Math.max(seq, follows.get(id)));
      }
      onEvent(frame);
    }
  }

  function trust(self) {
    self.isTrusted = true;
    self.trustedAt = Date.now();
    statistics[self.name].connects++;
    if (self === rival) {
      clearTimeout(timer);
      current?.stop();
      current = self;
      rival = undefined;
      index = 0;
    }
    if (!index) {
      save(memory);
    } else if (fellFrom) {
      statistics[fellFrom].falls++;
      save(memory, { name: self.name, at: Date.now() });
    }
    fellFrom = undefined;
    onState(index === POLL ? 'polling' : 'connected');
  }

  /** Why: what a request was told, how the socket was closed, or that it was silent. */
  async function lost(self, { problem, code, isSilent }) {
    const now = Date.now();
    const mine = watch;
    const isLong = now - self.trustedAt > SHORT_MS;
    self.stop();
    if (self === rival) {
      rival = undefined;
      return;
    }
    current = undefined;
    if (self.isTrusted) {
      statistics[self.name].reconnects++;
      onState('reconnecting');
    }
    if (isLong) {
      tries = 0;
      isRenewed = false;
    }
    let why = CLOSED[code] ? new Problem({ status: code - 4000, code: CLOSED[code] }) : problem;
    if (why?.status === 401 && !isRenewed) {
      isRenewed = true;
      why = await tokens.renew().then(() => ({ isPassing: true, status: 401 }), (refusal) => refusal);
    }
    if (mine !== watch || current) {
      return;
    }
    if (why && !why.isPassing) {
      stop();
      onState('error', why);
      return;
    }
    // The gateway has given an answer: the way to it is good.
    const isTold = why?.status || code >= 4000 || (code > 1007 && code < 1014);
    strikes = self.isTrusted && !isTold && (isSilent || !isLong) ? strikes + 1 : 0;
    if (!isTold && (!self.isTrusted || strikes > 1) && index < POLL) {
      betterAt = now + (strikes ? HOUR_MS : SHORT_MS);
      strikes = 0;
      fellFrom = self.name;
      index++;
      open();
      return;
    }
    if (!self.isTrusted) {
      restart();
    }
    notBefore = Math.max(notBefore, now + (why?.retryAfterMs ?? 0));
    timer = setTimeout(open, Math.max(pause(tries++), notBefore - now));
  }

  function look() {
    const now = Date.now();
    for (const one of [current, rival]) {
      if (one && now - one.heardAt > (one.isTrusted ? one.silence : one.patience)) {
        one.lost({ isSilent: true });
      }
    }
    if (now >= Math.max(tokens.renewAt, renewAgainAt)) {
      renewAgainAt = now + SHORT_MS;
      tokens.renew().catch(() => undefined); // the gateway ends the connection, and then it is seen to
    }
    if (current?.isTrusted) {
      if (current.auth !== tokens.token && send({ type: 'auth', token: tokens.token })) {
        current.auth = tokens.token;
      }
      if (now - current.pingedAt > 60_000) {
        current.poke();
      }
      if (index && !rival && now >= betterAt) {
        betterAt = now + HOUR_MS;
        rival = carrier(TRANSPORTS[0]);
      }
    }
  }
}

/** One socket for all dialogs. */
async function socket(self, line) {
  /** Dialogs that were asked for and have not said hello. */
  const asked = new Set();
  const named = (id) => (id ? { dialog_id: id } : { inbox: true });
  let open;

  /** Hands a frame to the network. That it arrived only an answer can say. */
  self.send = (frame) => {
    open?.send(JSON.stringify(frame));
    return Boolean(open);
  };
  self.follow = (id, cursor) => {
    if (self.send({ type: 'subscribe', ...named(id), since: `${cursor}`, echo: true })) {
      asked.add(id);
    }
  };
  self.unfollow = (id) => self.send({ type: 'unsubscribe', ...named(id) });
  self.poke = () => {
    const now = self.pingedAt = Date.now();
    self.send({ type: 'ping' });
    setTimeout(() => self.heardAt < now && self.lost({}), SHORT_MS);
  };
  self.close = () => undefined;
  try {
    const token = await self.token();
    if (self.isStopped) {
      return;
    }
    const made = new WebSocket(line.base('ws').replace('http', 'ws'), ['parley', `bearer.${token}`]);
    self.close = () => {
      open = undefined;
      made.close();
    };
    made.onopen = () => {
      open = made;
      self.poke();
      line.follows.forEach((cursor, id) => self.follow(id, cursor));
    };
    made.onclose = ({ code }) => self.lost({ code });
    made.onmessage = ({ data }) => receive(JSON.parse(data));
  } catch (problem) {
    self.lost({ problem });
  }

  function receive(frame) {
    const { type, dialog_id: id = 0 } = frame;
    if (type === 'ping') {
      self.send({ type: 'pong' });
    } else if (type === 'hello') {
      asked.delete(id);
    } else if (type === 'error' && !frame.client_msg_id && asked.delete(id)) {
      const problem = new Problem(frame);
      if (problem.isPassing) {
        setTimeout(() => line.follows.has(id) && self.follow(id, line.follows.get(id)), pause(2) + problem.retryAfterMs);
      } else {
        line.end(id, problem);
      }
      return self.hear();
    }
    return self.hear(frame);
  }
}

/** Adds what SSE and polls have in common: requests for each dialog, which `run` makes. The inbox is for sockets only. */
function requests(self, line, run) {
  const running = new Map();
  self.close = () => running.forEach((abort) => abort.abort());
  self.unfollow = (id) => running.get(id)?.abort();
  self.follow = (id, cursor) => {
    self.unfollow(id);
    const abort = new AbortController();
    running.set(id, abort);
    run(ask, id, cursor, abort.signal).catch((problem) => {
      if (!abort.signal.aborted) {
        (problem.isPassing === false && problem.status !== 401 ? line.end(id, problem) : self.lost({ problem }));
      }
    });
  };
  self.start = () => line.follows.forEach((cursor, id) => id && self.follow(id, cursor));
  self.start();

  /** The first request says from what transport the client fell back. */
  async function ask(id, parameters, options) {
    const query = new URLSearchParams({ echo: true, ...parameters, ...self.first });
    self.first = undefined;
    const token = await self.token();
    return request('GET', `${line.base(self.name)}/dialogs/${id}?${query}`, { token, ...options });
  }
}

/** Server-sent events, read with fetch: the token stands in a header, and a refusal can be read. */
function streams(self, line) {
  requests(self, line, async (ask, id, since, signal) => {
    const { body } = await ask(id, { since }, { signal, isStream: true });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let part; !(part = await reader.read()).done;) {
      self.hear();
      const events = (rest + part.value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const [, data] = /^data: (.*)/m.exec(event) ?? [];
        if (data && !signal.aborted) {
          self.hear(JSON.parse(data));
        }
      }
    }
    self.lost({});
  });

  /** Nothing can be asked over a stream: a new one tells. */
  self.poke = (isNew) => {
    if (isNew || Date.now() - self.heardAt > 16_000) {
      self.start();
    }
  };
}

/** Long polls; for many dialogs short ones, in turn. */
function polls(self, line) {
  let free = MOST_STREAMS;
  const queue = [];
  let round = new AbortController();

  requests(self, line, async (ask, id, start, signal) => {
    for (let cursor; !signal.aborted;) {
      const either = AbortSignal.any([signal, round.signal]);
      const wait = cursor === undefined || line.follows.size > MOST_STREAMS ? 0 : line.pollWait;
      const began = Date.now();
      let rest = 0;
      if (free < 1) {
        await new Promise((go) => queue.push(go));
      }
      free--;
      try {
        const limit = AbortSignal.timeout(1_000 * wait + 10_000);
        const news = await ask(id, { since: cursor ?? start, wait }, { signal: AbortSignal.any([either, limit]) });
        if (cursor === undefined) {
          self.hear({ type: 'hello', dialog_id: id });
        }
        cursor = news.cursor;
        news.events.forEach((event) => self.hear(event));
        const isBare = wait && !news.events.length && Date.now() - began < 1_000;
        rest = Math.max(news.poll_after_ms, isBare ? 1_000 : 0, line.isSeen() ? 0 : 10_000);
      } catch (problem) {
        if (!either.aborted && (problem.status || wait < 2 || Date.now() - began < 1_000)) {
          throw problem;
        }
        line.pollWait = either.aborted ? line.pollWait : wait >> 1; // something on the way has less patience
      } finally {
        free++;
        queue.shift()?.();
      }
      await new Promise((done) => {
        setTimeout(done, rest);
        either.addEventListener('abort', done);
      });
    }
  });

  /** At once, whatever was waited for. */
  self.poke = () => {
    round.abort();
    round = new AbortController();
  };
}
