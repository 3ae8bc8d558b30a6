/** Who else is in a dialog, in the words of its header. It is no live region: people come and go while one reads. */

import { byId, showText } from './elements.js';
import { timeWords } from './words.js';

const BEST_FIRST = ['online', 'away', 'offline'];

/**
 * @param {import('./dialog-log.js').DialogLog} log
 * @param {string} nameless what somebody without a name is called
 */
export function showPresence({ people, self }, nameless) {
  const target = byId('presence');
  showText(target, presenceWords(people, self, nameless));
  target.dataset.status = BEST_FIRST.find((word) => people.some(({ status }) => status === word)) ?? '';
}

/** Everybody who is here; where nobody of the other side is, when one of them was last. */
export function presenceWords(people, self, nameless) {
  const here = people.filter(({ status }) => status !== 'offline');
  const others = people.filter(({ sender }) => sender !== self);
  if (!here.some(({ sender }) => sender !== self)) {
    here.push(...others.sort((one, other) => Date.parse(other.last_seen) - Date.parse(one.last_seen)).slice(0, 1));
  }
  return here.map(({ sender_name: name = nameless, status, last_seen: seen }) => status === 'offline'
    ? `${name} was last seen ${timeWords(new Date(seen))}` : `${name} is ${status}`).join(', ');
}
