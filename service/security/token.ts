/** The token: who may use the service at all. Programs send it as a bearer token, browsers get a cookie made from it. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const COOKIE = 'ordeal-session';
/** Shorter ones can be guessed. */
export const TOKEN_CHARS_MIN = 16;

export class Token {
  readonly #token: string;
  readonly #session: string;

  constructor(token: string) {
    this.#token = token;
    // Follows from the token, so it survives a restart, and ends with the token; does not reveal it.
    this.#session = createHmac('sha256', token).update('ordeal session 1').digest('base64url');
  }

  /** Whether a request's headers carry the token or the session made from it. */
  isIn(headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined }): boolean {
    const bearer = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.is(bearer);
    const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{1,100})(?:;|$)`).exec(headers.cookie ?? '')?.[1];
    return cookie !== undefined && same(cookie, this.#session);
  }

  is(given: string): boolean {
    return same(given, this.#token);
  }

  /** For Set-Cookie: not readable by scripts, never sent from another site. */
  get sessionCookie(): string {
    return `${COOKIE}=${this.#session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${30 * 86_400}`;
  }
}

/** Compares digests, so that the time taken tells neither how much is right nor how long it is. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
