/** Who the operator is. The token lives in this tab only, and ends with it. */

import { Tokens, request } from '/parley-client.js';
import { remembered } from './storage.js';

const memory = remembered('sessionStorage', 'parley.operator');

/** @typedef {{id: number, name: string, roles: string[]}} User */

export class OperatorSession {
  /** @param {{token: string, expiresAt: number, user: User}} login */
  constructor(login) {
    this.user = login.user;
    this.tokens = new Tokens(async (token) => keep(await request('POST', '/api/auth/refresh', { token })).token,
      login.token);
  }

  /** The session that this tab had before a reload, if its token is still good as far as one can tell here. */
  static restored() {
    const login = memory.load();
    return login && login.expiresAt > Date.now() ? new OperatorSession(login) : undefined;
  }

  static async logIn(username, password) {
    return new OperatorSession(keep(await request('POST', '/api/auth/login', { body: { username, password } })));
  }

  static logOut() {
    memory.save(undefined);
  }

  get isAdmin() {
    return this.user.roles.includes('admin');
  }

  async get(path) {
    return request('GET', path, { token: await this.tokens.current() });
  }
}

function keep(answer) {
  const login = { token: answer.token, expiresAt: Date.parse(answer.expires_at), user: answer.user };
  memory.save(login);
  return login;
}
