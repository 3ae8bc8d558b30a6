/** Requests, and what goes wrong with them. */

/** The gateway that this library comes from. */
export const HOME = new URL(import.meta.url).origin;

const LASTING = ['bad_request', 'conflict', 'forbidden', 'not_found', 'too_large', 'unauthorized'];

/** Why something did not go well: the gateway's own words (RFC 9457), or `unreachable`. */
export class Problem extends Error {
  /** The HTTP status; 0 where there was none. @type {number} */
  status;
  /** What went wrong, for programs. @type {string} */
  code;
  /** How long to wait before it is tried again. @type {number} */
  retryAfterMs;

  /** @param {{status?: number, code?: string, title?: string, detail?: string, retry_after_ms?: number}} [told] */
  constructor({ status = 0, code = 'unreachable', title, detail, retry_after_ms: retryAfterMs = 0 } = {}) {
    super(detail ?? title ?? 'The gateway cannot be reached');
    Object.assign(this, { status, code, title, detail, retryAfterMs });
  }

  /** Whether it may go better when it is tried again. @returns {boolean} */
  get isPassing() {
    return this.status ? this.status === 429 || this.status >= 500 : !LASTING.includes(this.code);
  }
}

/**
 * @param {string} method
 * @param {string} url
 * @param {{token?: string, body?: object, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON; of a stream of events its body
 * @throws {Problem}
 */
export async function request(method, url, { token, body, signal = AbortSignal.timeout(15_000) } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(url, { method, headers, signal, cache: 'no-store', body: body && JSON.stringify(body) });
    if (response.ok) {
      const isStream = /event-stream/.test(response.headers.get('Content-Type'));
      return isStream || response.status === 204 ? response.body : await response.json();
    }
  } catch {
    throw new Problem();
  }
  const told = await response.json().catch(() => ({}));
  const wait = 1_000 * response.headers.get('Retry-After') || 0;
  throw new Problem({ retry_after_ms: wait, ...(told.code && { ...told, status: response.status }) });
}
