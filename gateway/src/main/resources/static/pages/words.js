/** What the pages say, in plain words. */

/** @param {{code: string, detail?: string, title?: string, retryAfterMs?: number, retry_after_ms?: number}} problem */
export function problemWords(problem) {
  const wait = inSeconds(problem.retryAfterMs ?? problem.retry_after_ms);
  switch (problem.code) {
    case 'unreachable':
      return 'The gateway cannot be reached.';
    case 'no_answer':
      return 'No answer came from the gateway.';
    case 'unavailable':
      return `The service is away for a moment. Try again${wait}.`;
    case 'unauthorized':
      return 'You are not signed in any more.';
    case 'forbidden':
      return 'You may not do this.';
    case 'not_found':
      return 'There is no such conversation, or it is not yours to see.';
    case 'rate_limited':
      return `That was a lot in a short time. Try again${wait}.`;
    case 'too_many_connections':
      return `Too many people are connected. Try again${wait}.`;
    case 'queue_full':
      return 'Too many questions are waiting for the assistant.';
    case 'model_unavailable':
      return `The assistant cannot be reached at the moment. Try again${wait || ' later'}.`;
    case 'too_large':
      return 'That is too long for one message.';
    case 'conflict':
      return sentence(problem.detail ?? 'That cannot be done now: something has changed meanwhile');
    default:
      return sentence(problem.detail ?? problem.title ?? 'Something went wrong');
  }
}

/** Why an answer ended before its end, or was not given at all. */
export function endWords(reason, hasText) {
  switch (reason) {
    case 'cancelled':
      return hasText ? 'Stopped before the end.' : 'The answer was stopped.';
    case 'handoff':
      return 'Cut off, because a human took over.';
    case 'timeout':
      return hasText ? 'Broken off: it took too long.' : 'The answer took too long.';
    case 'failed':
      return hasText ? 'Broken off: something went wrong with the model.' : 'Something went wrong with the model.';
    case 'model_unavailable':
      return 'The assistant cannot be reached at the moment. Your message is kept, and a colleague has been asked.';
    case 'queue_full':
    case 'rate_limited':
      return problemWords({ code: reason });
    default:
      return 'No answer has come.';
  }
}

/** @param {number} [startsInMs] about, where the gateway knows it */
export function queueWords(position, startsInMs) {
  const before = position - 1;
  if (before <= 0) {
    return 'Your answer is next.';
  }
  const place = before === 1 ? '1 answer is before yours.' : `${before} answers are before yours.`;
  return startsInMs >= 2000 ? `${place} Yours starts in about ${spanWords(startsInMs)}.` : place;
}

/**
 * What an answer waits for beside its turn.
 *
 * @param {'loading'|'unavailable'} [phase]
 * @param {string} name the assistant's
 * @param {'user'|'manager'} reader visitors are told what they can expect, operators what is the matter
 */
export function phaseWords(phase, name, reader) {
  const isOperator = reader === 'manager';
  switch (phase) {
    case 'loading':
      return `${name} is waking up${isOperator ? ': its model is being loaded' : ''}. This can take a minute or two.`;
    case 'unavailable':
      return isOperator
        ? `${name} cannot answer: its model cannot be reached. The answer comes when it can, unless you take over.`
        : `${name} cannot be reached at the moment. A colleague has been asked, and ${name} will answer when it can.`;
    default:
      return undefined;
  }
}

function spanWords(millis) {
  const seconds = Math.round(millis / 1000);
  const minutes = Math.round(seconds / 60);
  return seconds < 90 ? `${seconds} seconds` : `${minutes} minutes`;
}

/** @param {string} state of the library's connection */
export function connectionWords(state) {
  if (!navigator.onLine && state !== 'connected' && state !== 'polling') {
    return 'no network, waiting for it…';
  }
  return {
    disconnected: 'not connected',
    connecting: 'connecting…',
    connected: 'connected',
    polling: 'connected (slow network)',
    reconnecting: 'reconnecting…',
    error: 'not connected',
  }[state];
}

/** Whether messages come and go. */
export function isConnected(state) {
  return state === 'connected' || state === 'polling';
}

function inSeconds(ms) {
  return ms > 1_000 ? ` in ${Math.ceil(ms / 1_000)} seconds` : '';
}

function sentence(text) {
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The time of day, with the day where it is not today. */
export function timeWords(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? TIME : DAY_AND_TIME).format(date);
}

export function fullTimeWords(date) {
  return DAY_AND_TIME.format(date);
}
