/**
 * The line to the gateway: picks the transport by what is received, comes back when it is lost, and looks for a better
 * one. Below are the three transports: each adds to its carrier how dialogs are followed by it.
 */

import { Problem, load, pause, request, save, sleep } from './base.js';

/** The best first. Each has to bring a word of the gateway within its patience, and later some sign of life. */
const TRANSPORTS = [
  { name: 'websocket', begin: socket, patience: 4_000, silence: 40_000 },
  { name: 'sse', begin: streams, patience: 4_000, silence: 35_000 },
  { name: 'poll', begin: polls, patience: Infinity, silence: Infinity },
];
const POLL = 2;
const SHORT_MS = 5_000;
const HOUR_MS = 3_600_000;
/** A browser opens six connections to one host; some are left for other requests. */
const MOST_STREAMS = 4;

export function openLine({ base, tokens, isSeen, onEvent, onState }) {
  const memory = `parley.transport ${base('')}`;
  const statistics = {};
  /** dialog_id → the seq up to which it was told; 0 is the operators' inbox. */
  const follows = new Map();
  const line = { base, tokens, isSeen, follows, pollWait: 25, stop, follow, unfollow, send, poke, refuse };
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
  return line;

  function stop() {
    clearTimeout(timer);
    clearInterval(watch);
    current?.stop();
    rival?.stop();
    watch = current = rival = undefined;
  }

  function tell(state, problem) {
    onState(state, problem, current?.name, statistics);
  }

  /** From the cursor on, or from where another tab is that has less. */
  function follow(id, cursor) {
    const since = Math.min(cursor, follows.get(id) ?? cursor);
    follows.set(id, since);
    current?.follow(id, since);
    rival?.follow(id, since);
    if (!watch) {
      watch = setInterval(look, 500);
      tell('connecting');
      restart();
      open();
    } else if (follows.size === MOST_STREAMS + 1 && index) {
      current?.stop();
      open();
    }
  }

  function unfollow(id) {
    follows.delete(id);
    current?.unfollow(id);
    rival?.unfollow(id);
  }

  function send(frame) {
    return current?.send(frame);
  }

  /** Somebody looks again, or (isNew) the network is another: what waits goes on at once, what is dead is found out. */
  function poke(isNew) {
    betterAt = isNew ? 0 : betterAt;
    if (current?.trustedAt) {
      current.poke(isNew);
    } else if (watch && !current && Date.now() >= notBefore) {
      open();
    }
  }

  /** A dialog cannot be followed (any more). */
  function refuse(id, problem) {
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

  function open() {
    clearTimeout(timer);
    index = index && follows.size > MOST_STREAMS ? POLL : index;
    current = carrier(TRANSPORTS[index]);
  }

  function carrier({ begin, ...kind }) {
    statistics[kind.name] ??= { connects: 0, falls: 0, reconnects: 0, messages: 0 };
    const self = {
      ...kind,
      heardAt: Infinity,
      async token() {
        self.auth = await tokens.current();
        self.heardAt = Math.min(self.heardAt, Date.now());
        return self.auth;
      },
      hear(frame) {
        self.heardAt = Date.now();
        return frame && !self.isOver && heard(self, frame);
      },
      lost: (why) => self.isOver || lost(self, why),
      stop() {
        self.isOver = true;
        self.close?.();
      },
      send: () => false,
      first: fellFrom && { fallback_from: fellFrom },
    };
    begin(self, line);
    return self;
  }

  function heard(self, frame) {
    const { type, dialog_id: id, seq } = frame;
    const numbers = statistics[self.name];
    if (!self.trustedAt) {
      self.trustedAt = self.heardAt;
      numbers.connects++;
      trust(self);
    }
    if (type === 'pong') {
      numbers.roundTripMs = self.heardAt - self.pingedAt;
    } else if (type === 'goodbye') {
      notBefore = self.heardAt + frame.reconnect_after_ms;
      self.lost({ code: 1012 });
    } else if (type !== 'ping') {
      if (seq && (frame.sender || type === 'reset') && follows.has(id)) {
        numbers.messages++;
        follows.set(id, Math.max(seq, follows.get(id)));
      }
      onEvent(frame);
    }
  }

  function trust(self) {
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
    tell(index === POLL ? 'polling' : 'connected');
  }

  /** Why: what a request was told, how the socket was closed, or that it was silent. */
  async function lost(self, { problem, code, isSilent }) {
    const now = Date.now();
    const isLong = now - self.trustedAt > SHORT_MS;
    const mine = watch;
    self.stop();
    if (self === rival) {
      rival = undefined;
      return;
    }
    current = undefined;
    if (self.trustedAt) {
      statistics[self.name].reconnects++;
      tell('reconnecting');
    }
    if (isLong) {
      tries = 0;
      isRenewed = false;
    }
    const told = { 4401: 'unauthorized', 4403: 'forbidden', 4404: 'not_found' }[code];
    let why = told ? new Problem({ status: code - 4000, code: told }) : problem;
    if (why?.status === 401 && !isRenewed) {
      isRenewed = true;
      why = await tokens.renew().then(() => ({ status: 401, isPassing: true }), (refusal) => refusal);
    }
    if (mine !== watch || current) {
      return;
    }
    if (why?.isPassing === false) {
      stop();
      tell('error', why);
      return;
    }
    // Whoever gives a reason can be reached this way.
    const isReached = why?.status || code >= 4000 || (code > 1007 && code < 1014);
    strikes = self.trustedAt && !isReached && (isSilent || !isLong) ? strikes + 1 : 0;
    if (!isReached && (!self.trustedAt || strikes > 1) && index < POLL) {
      betterAt = now + (strikes ? HOUR_MS : SHORT_MS);
      strikes = 0;
      fellFrom = self.name;
      index++;
      open();
      return;
    }
    if (!self.trustedAt) {
      restart();
    }
    notBefore = Math.max(notBefore, now + (why?.retryAfterMs ?? 0));
    timer = setTimeout(open, Math.max(pause(tries++), notBefore - now));
  }

  function look() {
    const now = Date.now();
    for (const one of [current, rival]) {
      if (one && now - one.heardAt > (one.trustedAt ? one.silence : one.patience)) {
        one.lost({ isSilent: true });
      }
    }
    if (now >= Math.max(tokens.renewAt, renewAgainAt)) {
      renewAgainAt = now + SHORT_MS;
      tokens.renew().catch(() => undefined); // the gateway ends the connection, and then it is seen to
    }
    if (current?.trustedAt) {
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
  const asked = new Set(); // and no hello yet
  const named = (id) => (id ? { dialog_id: id } : { inbox: true });
  let open;

  /** Whether the frame was handed to the network. That it arrived only an answer can say. */
  self.send = (frame) => {
    const isOpen = open && !asked.has(frame.dialog_id);
    if (isOpen) {
      open.send(JSON.stringify(frame));
    }
    return Boolean(isOpen);
  };
  self.follow = (id, cursor) => {
    asked.delete(id);
    self.send({ type: 'subscribe', ...named(id), since: `${cursor}`, echo: true });
    asked.add(id);
  };
  self.unfollow = (id) => {
    asked.delete(id);
    self.send({ type: 'unsubscribe', ...named(id) });
  };
  self.poke = () => {
    const now = self.pingedAt = Date.now();
    self.send({ type: 'ping' });
    setTimeout(() => self.heardAt < now && self.lost({}), SHORT_MS);
  };
  try {
    const token = await self.token();
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
    if (self.isOver) {
      made.close();
    }
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
      self.hear();
      if (!problem.isPassing) {
        line.refuse(id, problem);
      } else {
        sleep(pause(2) + problem.retryAfterMs)
          .then(() => line.follows.has(id) && self.follow(id, line.follows.get(id)));
      }
      return;
    }
    self.hear(frame);
  }
}

/** What SSE and polls have in common: requests for each dialog. The inbox is for sockets only. */
function requests(self, line, run) {
  const running = new Map();
  self.close = () => running.forEach((abort) => abort.abort());
  self.unfollow = (id) => running.get(id)?.abort();
  self.follow = (id, since) => {
    self.unfollow(id);
    const abort = new AbortController();
    running.set(id, abort);
    run(id, since, abort.signal, ask).catch((problem) => {
      if (abort.signal.aborted) {
        return;
      }
      if (problem.isPassing === false && problem.status !== 401) {
        line.refuse(id, problem);
      } else {
        self.lost({ problem });
      }
    });
  };
  self.start = () => line.follows.forEach((cursor, id) => id && self.follow(id, cursor));
  self.start();

  /** The first one says from what transport the client fell back. */
  async function ask(id, parameters, signal) {
    const query = new URLSearchParams({ echo: true, ...parameters, ...self.first });
    self.first = undefined;
    return request('GET', `${line.base(self.name)}/dialogs/${id}?${query}`, { signal, token: await self.token() });
  }
}

/** Server-sent events, read with fetch: the token stands in a header, and a refusal can be read. */
function streams(self, line) {
  requests(self, line, async (id, since, signal, ask) => {
    const reader = (await ask(id, { since }, signal)).pipeThrough(new TextDecoderStream()).getReader();
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
  const queue = [];
  let free = MOST_STREAMS;
  let round = new AbortController();

  requests(self, line, async (id, start, signal, ask) => {
    for (let cursor; !signal.aborted;) {
      const either = AbortSignal.any([signal, round.signal]);
      const wait = !cursor || line.follows.size > MOST_STREAMS ? 0 : line.pollWait;
      const began = Date.now();
      let rest = 0;
      if (free < 1) {
        await new Promise((go) => queue.push(go));
      }
      free--;
      try {
        const limit = AbortSignal.timeout(1_000 * wait + 10_000);
        const news = await ask(id, { since: cursor ?? start, wait }, AbortSignal.any([either, limit]));
        if (cursor) {
          const isEmpty = wait && !news.events.length && Date.now() - began < 1_000;
          rest = Math.max(news.poll_after_ms, isEmpty ? 1_000 : 0, line.isSeen() ? 0 : 10_000);
        } else {
          self.hear({ type: 'hello', dialog_id: id });
        }
        cursor = news.cursor;
        news.events.forEach(self.hear);
      } catch (problem) {
        if (!either.aborted) {
          if (problem.status || wait < 2 || Date.now() - began < 1_000) {
            throw problem;
          }
          line.pollWait = wait >> 1; // something on the way has less patience
        }
      } finally {
        free++;
        queue.shift()?.();
      }
      await Promise.race([sleep(rest), new Promise((done) => either.addEventListener('abort', done))]);
    }
  });
  /** At once, whatever was waited for. */
  self.poke = () => {
    round.abort();
    round = new AbortController();
  };
}
