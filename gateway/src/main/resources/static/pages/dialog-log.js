/** The library's log of a dialog, and what the pages show beside it: who types, how answers ended, what is owed. */

import { DialogLog as Log } from '/parley-client.js';

const TYPING_ENDS_MS = 7_000;

export class DialogLog extends Log {
  /** How answers ended, by request_id. */
  #ends = new Map();
  /** Why no answer was given to a message, by its seq. */
  #refusals = new Map();
  #typing = new Map();

  /** When an event last changed who is to speak. */
  changedAt = Date.now();

  apply(event) {
    const { type, request_id: requestId, sender_id: senderId } = event;
    switch (type) {
      case 'typing_start':
        this.#typing.set(senderId, { name: event.sender_name, until: Date.now() + TYPING_ENDS_MS });
        break;
      case 'typing_stop':
        this.#typing.delete(senderId);
        break;
      case 'answer_finished':
        this.#ends.set(requestId, event.reason);
        this.#refuse(this.answers.find((answer) => answer.requestId === requestId)?.inReplyTo, event.reason);
        break;
      case 'ack':
        this.#refuse(event.seq, event.answer_refused?.code);
        break;
      default:
    }
    const placed = super.apply(event);
    if (placed.length || /^answer_/.test(type)) {
      this.changedAt = Date.now();
      placed.forEach((said) => this.#typing.delete(said.sender_id));
    }
    return placed;
  }

  expectAnswer(answer, seq) {
    this.#refusals.delete(seq);
    super.expectAnswer(answer, seq);
  }

  /** Why a message of the assistant is not whole, where it is not. */
  reasonOf(said) {
    return said.state && (this.#ends.get(said.request_id) ?? said.state);
  }

  /** @returns {Array<string|undefined>} the names of those who are typing; undefined for one without a name */
  typing(now = Date.now()) {
    return [...this.#typing.values()].filter((typist) => typist.until > now).map((typist) => typist.name);
  }

  /**
   * The visitor's newest message, if the assistant owes an answer to it and none is under way.
   *
   * @returns {{seq: number, isBegun: boolean, reason: string|undefined}|undefined} isBegun: some of an answer is there
   */
  get unanswered() {
    if (this.info.mode !== 'ai' || this.info.status !== 'open' || this.answers.length > 0 || this.pending.length > 0) {
      return undefined;
    }
    let isBegun = false;
    for (const message of this.messages.toReversed()) {
      if (message.sender === 'user') {
        return { seq: message.seq, isBegun, reason: this.#refusals.get(message.seq) };
      }
      if (message.sender === 'manager' || (message.sender === 'assistant' && !message.state)) {
        return undefined;
      }
      isBegun ||= message.sender === 'assistant';
    }
    return undefined;
  }

  #refuse(seq, reason) {
    if (seq && reason && reason !== 'done') {
      this.#refusals.set(seq, reason);
    }
  }
}
