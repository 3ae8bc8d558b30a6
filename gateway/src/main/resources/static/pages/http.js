/** Requests to the gateway's end points. */

const TIMEOUT_MS = 15_000;

/** Why a request did not do what it was to do: the gateway's own problem, or that it could not be reached. */
export class Problem extends Error {
  /** @param {{status?: number, code?: string, title?: string, detail?: string, retry_after_ms?: number}} body */
  constructor(body) {
    super(body.detail ?? body.title ?? 'The gateway cannot be reached');
    this.status = body.status ?? 0;
    this.code = body.code ?? 'unreachable';
    this.title = body.title;
    this.detail = body.detail;
    this.retryAfterMs = body.retry_after_ms;
  }

  /** Whether the same may go well later without anybody doing anything. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{token?: string, body?: object}} [options]
 * @returns {Promise<any>} the JSON of the answer; undefined where there is none
 * @throws {Problem}
 */
export async function request(method, path, { token, body } = {}) {
  const headers = new Headers({ Accept: 'application/json' });
  if (token) {
    headers.set('Authorization', `Bearer ${token}`);
  }
  if (body) {
    headers.set('Content-Type', 'application/json');
  }
  let status;
  let answer;
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    answer = await response.text();
  } catch {
    throw new Problem({});
  }
  const json = parse(answer);
  if (status < 200 || status > 299) {
    throw new Problem({ code: 'internal_error', ...json, status });
  }
  return json;
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
