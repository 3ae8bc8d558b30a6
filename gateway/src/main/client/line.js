import { MOST_STREAMS, polls, socket, streams } from './carriers.js';
import { Problem } from './problem.js';
import { SHORT_MS, load, pause, save } from './tools.js';

/** The best first. Each has to bring a word of the gateway within its patience, and later some sign of life. */
const TRANSPORTS = [
  { name: 'websocket', begin: socket, patience: 4_000, silence: 40_000 },
  { name: 'sse', begin: streams, patience: 4_000, silence: 35_000 },
  { name: 'poll', begin: polls, patience: Infinity, silence: Infinity },
];
const POLL = 2;
const HOUR_MS = 3_600_000;

/**
 * Picks the transport by what is received, and comes back when it is lost. Beside the current one a better one may be tried:
 * the rival, which takes over as soon as something has come over it.
 *
 * @param {{base: (kind: string) => string, tokens: Tokens, isSeen: () => boolean, onEvent: (event: object) => void,
 *   onState: (status: object) => void}} options `base` tells where things of a kind are; `isSeen` whether some page that uses
 *   the line is looked at
 */
export function openLine({ base, tokens, isSeen, onEvent, onState }) {
  const memory = `parley.transport ${base('')}`;
  const statistics = {};
  const follows = new Map();
  const line = { base, follows, isSeen, pollWait: 25, stop, follow, unfollow, send, poke, expect, drop, refuse };
  let current;
  let rival;
  let index;
  let fellFrom;
  let strikes = 0;
  let tries = 0;
  let isRenewed;
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
    onState({ state, problem: problem && { ...problem }, transport: current?.name, statistics });
  }

  /** Follows the dialog from there; one that is followed already: not later than from there. */
  function follow(id, cursor) {
    const since = Math.min(cursor, follows.get(id) ?? cursor);
    const isOneTooMany = follows.size === MOST_STREAMS && !follows.has(id);
    follows.set(id, since);
    if (!watch) {
      watch = setInterval(look, 500);
      restart();
      open();
    } else if (current && index && isOneTooMany) {
      current.stop();
      open();
    } else {
      current?.follow(id, since);
      rival?.follow(id, since);
    }
  }

  function unfollow(id) {
    follows.delete(id);
    current?.unfollow(id);
    rival?.unfollow(id);
  }

  /** The network is away. */
  function drop() {
    current?.lost({ code: 1012 });
  }

  function send(frame) {
    return current?.send?.(frame);
  }

  /** Finds out whether the line still lives. @param {boolean} [isNew] whether the network is another */
  function poke(isNew) {
    betterAt = isNew ? 0 : betterAt;
    if (current?.trustedAt) {
      current.poke();
    } else if (watch && !current && Date.now() >= notBefore) {
      open();
    }
  }

  /** The gateway has just stored something that it tells to all, so something comes; a stream that is mute is left. */
  function expect(since) {
    const self = current;
    if (self?.trustedAt && index < POLL) {
      setTimeout(() => self === current && self.heardAt < since && self.lost({ isSilent: true }), SHORT_MS);
    }
  }

  function refuse(id, problem) {
    unfollow(id);
    onEvent({ type: 'refused', dialog_id: id, problem: { ...problem } });
  }

  /** Begins with the transport that was best lately. */
  function restart() {
    const known = load(memory) ?? { at: 0 };
    index = Date.now() - known.at < 24 * HOUR_MS ? known.index : 0;
    betterAt = known.at + HOUR_MS;
    fellFrom = undefined;
  }

  function open() {
    clearTimeout(timer);
    index = index && follows.size > MOST_STREAMS ? POLL : index;
    current = carrier(TRANSPORTS[index]);
  }

  function carrier({ begin, ...kind }) {
    const self = {
      ...kind,
      heardAt: Infinity,
      first: fellFrom && { fallback_from: fellFrom },
      numbers: statistics[kind.name] ??= { connects: 0, falls: 0, reconnects: 0, messages: 0 },
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
    };
    begin(self, line);
    return self;
  }

  function heard(self, frame) {
    const { type, dialog_id: id, seq } = frame;
    if (!self.trustedAt) {
      trust(self);
    }
    if (type === 'pong') {
      self.numbers.roundTripMs = self.heardAt - self.pingedAt;
    } else if (type === 'goodbye') {
      notBefore = self.heardAt + frame.reconnect_after_ms;
      self.lost({ code: 1012 });
    } else if (type !== 'ping') {
      self.saidAt = self.heardAt;
      if (seq && (frame.sender || type === 'reset') && follows.has(id)) {
        self.numbers.messages++;
        follows.set(id, Math.max(seq, follows.get(id)));
      }
      onEvent(frame);
    }
  }

  /** Something has come over it: what only opens may be a proxy's doing. */
  function trust(self) {
    self.trustedAt = self.heardAt;
    self.numbers.connects++;
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
      save(memory, { index, at: self.heardAt });
      statistics[fellFrom].falls++;
    }
    fellFrom = undefined;
    tell(index === POLL ? 'polling' : 'connected');
  }

  /** Comes back after a while, by the next transport where this one has shown that it is none. */
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
      self.numbers.reconnects++;
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
      why = await tokens.renew().then(() => ({ status: 401 }), (refusal) => refusal);
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

  /** Twice a second: is there a sign of life, a fresh token, a better transport? */
  function look() {
    const now = Date.now();
    for (const one of [current, rival]) {
      if (one && now - one.heardAt > (one.trustedAt ? one.silence : one.patience)) {
        one.lost({ isSilent: true });
      }
    }
    if (now >= tokens.renewAt) {
      tokens.renewAt = now + SHORT_MS; // the next try, where this one fails
      tokens.renew().catch(() => undefined);
    }
    if (current?.trustedAt) {
      if (current.auth !== tokens.token && send({ type: 'auth', token: tokens.token })) {
        current.auth = tokens.token;
      }
      // Once after each time that something was said, for then somebody may be waiting for more.
      const isQuiet = now - current.saidAt > SHORT_MS && current.pingedAt < current.saidAt;
      if (isQuiet || now - current.pingedAt > 60_000) {
        current.poke();
      }
      if (index && !rival && now >= betterAt) {
        betterAt = now + HOUR_MS;
        rival = carrier(TRANSPORTS[0]);
      }
    }
  }
}
