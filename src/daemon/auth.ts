import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../domain/errors.ts'
import { makeFolder } from '../domain/make-folder.ts'
import { createTokenBucket } from './token-bucket.ts'

/** A login link works this long, once; ms. */
export const LOGIN_LINK_LIFE = 15 * 60_000
/** A session ends after this long without a request; ms. */
export const SESSION_IDLE = 12 * 3_600_000
/** Sessions at one time; one more ends the one that is idle for longest. */
const SESSION_LIMIT = 256
/** Refused login links that are answered before the rest are told to wait, and how often one more is; ms. */
const REFUSED_LOGINS = { capacity: 10, every: 6_000 }

/** Cookies of our name that are looked at, where somebody else sets more of them. */
const COOKIES_TRIED = 8

/** What is kept of a session, under the hash of its cookie: when it was used last, and the hash of its key. */
interface Session {
  readonly used: number
  readonly paired: Buffer
}

/** Who is asking: a person's browser, or the command line of whoever may read the data folder. */
export type Credential = { readonly kind: 'session'; readonly key: string } | { readonly kind: 'cli' }

/** What a request shows. */
export interface Shown {
  /** The header `Authorization`; where there is one, nothing else counts. */
  readonly authorization: string | undefined
  /** What the cookie says; several where another port of this host has set one of its own beside ours. */
  readonly sessions: readonly string[]
  /** The header `X-Tallyman-Key`. */
  readonly key: string | undefined
}

/**
 * What a login gives a browser: a cookie, which scripts never see but which the browser sends to every port of
 * this host, and a key that only pages of this origin can hold. Neither is worth anything without the other.
 */
export interface Secrets {
  readonly session: string
  readonly key: string
}

export type Redeemed =
  | { readonly kind: 'session'; readonly secrets: Secrets; readonly credential: Credential }
  | { readonly kind: 'refused' }
  /** Seconds to wait. Never the answer to a good link: guessing must not lock people out. */
  | { readonly kind: 'limited'; readonly retryAfter: number }

/** Loopback is not trusted: a container on the host's network reaches it. So everybody shows a secret. */
export interface Auth {
  /** A new link, as `<origin>/login?token=…`: 256 random bits, works once, for fifteen minutes. */
  loginLink(origin: string): string
  redeem(token: string): Redeemed
  /** Whose request it is; undefined for a stranger's. Keeps a session from idling out. */
  identify(shown: Shown): Credential | undefined
  /**
   * Whether a request shows the cookie of a live session, or the command line's token: enough for files that hold
   * no data, which a browser asks for without the key. Does not keep a session from idling out: any port of this
   * host is sent the cookie, and must not be able to.
   */
  hasSession(shown: Omit<Shown, 'key'>): boolean
  /** Whether a credential still holds; does not keep a session from idling out. */
  holds(credential: Credential): boolean
  end(credential: Credential): void
}

/**
 * Secrets of one data folder: `logins/` holds one file for each link that is not used yet, named after its
 * token's SHA-256; `cli.token` is new at each start. Both are readable by their owner only; sessions are in
 * memory. Throws a UserError where the folder cannot be written.
 */
export function createAuth({ folder, now }: { readonly folder: string; readonly now: () => number }): Auth {
  const logins = join(folder, 'logins')
  const cli = hashed(writeCliToken(folder))
  const sessions = new Map<string, Session>()
  const refusals = createTokenBucket(REFUSED_LOGINS, now)
  dropExpired(logins, now())

  const holds = (key: string): boolean => {
    const session = sessions.get(key)
    return session !== undefined && now() < session.used + SESSION_IDLE
  }
  const isCli = (authorization: string): boolean => {
    const token = /^Bearer ([\w-]{1,128})$/i.exec(authorization)?.[1]
    return token !== undefined && timingSafeEqual(hashed(token), cli)
  }
  /** Looked up by its hash: how long that takes says nothing about the secret. */
  const live = (cookies: readonly string[]): readonly string[] =>
    cookies
      .slice(0, COOKIES_TRIED)
      .map((each) => hashed(each).toString('hex'))
      .filter(holds)
  /** The one that is idle for longest stays first. */
  const touch = (key: string, paired: Buffer): void => {
    sessions.delete(key)
    sessions.set(key, { used: now(), paired })
  }

  return {
    loginLink: (origin) => newLoginLink({ folder, origin, now: now() }),
    redeem(token) {
      if (!take(join(logins, hashed(token).toString('hex')), now())) {
        const wait = refusals.take()
        return wait === 0 ? { kind: 'refused' } : { kind: 'limited', retryAfter: Math.ceil(wait / 1_000) }
      }
      const secrets = { session: secret(), key: secret() }
      const key = hashed(secrets.session).toString('hex')
      touch(key, hashed(secrets.key))
      for (const [each] of sessions) if (!holds(each) || sessions.size > SESSION_LIMIT) sessions.delete(each)
      return { kind: 'session', secrets, credential: { kind: 'session', key } }
    },
    identify({ authorization, sessions: shown, key: paired }) {
      if (authorization !== undefined) return isCli(authorization) ? { kind: 'cli' } : undefined
      if (paired === undefined) return undefined
      const proof = hashed(paired)
      for (const key of live(shown)) {
        const session = sessions.get(key)
        if (session === undefined || !timingSafeEqual(session.paired, proof)) continue
        touch(key, session.paired)
        return { kind: 'session', key }
      }
      return undefined
    },
    hasSession: ({ authorization, sessions: shown }) =>
      authorization === undefined ? live(shown).length > 0 : isCli(authorization),
    holds: (credential) => credential.kind === 'cli' || holds(credential.key),
    end(credential) {
      if (credential.kind === 'session') sessions.delete(credential.key)
    },
  }
}

/**
 * A new link to the daemon of this folder; also for another process whose user may write the folder.
 * Throws a UserError where that cannot be.
 */
export function newLoginLink({
  folder,
  origin,
  now,
}: {
  readonly folder: string
  readonly origin: string
  readonly now: number
}): string {
  const logins = join(folder, 'logins')
  dropExpired(logins, now)
  const token = secret()
  writeSecret(join(logins, hashed(token).toString('hex')), String(now + LOGIN_LINK_LIFE))
  return `${origin}/login?token=${token}`
}

/** The token with which a command line talks to the daemon of this folder; undefined where there is none to read. */
export function readCliToken(folder: string): string | undefined {
  try {
    return readFileSync(cliTokenFile(folder), 'utf8').trim()
  } catch {
    return undefined
  }
}

function cliTokenFile(folder: string): string {
  return join(folder, 'cli.token')
}

function writeCliToken(folder: string): string {
  const token = secret()
  const file = cliTokenFile(folder)
  try {
    makeFolder(join(folder, 'logins'))
  } catch (cause) {
    throw cannotWrite(folder, cause)
  }
  rmSync(`${file}.new`, { force: true })
  writeSecret(`${file}.new`, `${token}\n`)
  renameSync(`${file}.new`, file)
  return token
}

/** Never through a link or into a file that others may have open: the file is made here, for its owner. */
function writeSecret(file: string, content: string): void {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw cannotWrite(file, cause)
  }
}

function cannotWrite(file: string, cause: unknown): UserError {
  return new UserError(`cannot write ${file}: ${(cause as Error).message}`, {
    file,
    mend: 'free space on its file system, or name a folder that this user can write with --data',
    cause,
  })
}

/** True for one caller only: whoever removes the file has used the link, also beside another process. */
function take(file: string, now: number): boolean {
  try {
    const expires = Number(readFileSync(file, 'utf8'))
    unlinkSync(file)
    return now < expires
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}

function dropExpired(logins: string, now: number): void {
  try {
    for (const name of readdirSync(logins)) {
      const file = join(logins, name)
      if (!(now < Number(readFileSync(file, 'utf8')))) rmSync(file, { force: true })
    }
  } catch (cause) {
    // Used by somebody else in between, or no daemon has made the folder yet: writing says what is wrong.
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function hashed(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
