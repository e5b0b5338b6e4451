import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createAuth,
  LOGIN_LINK_LIFE,
  newLoginLink,
  readCliToken,
  SESSION_IDLE,
  type Auth,
  type Secrets,
} from './auth.ts'

let folder: string
let time: number
let auth: Auth
const now = (): number => time

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-auth-'))
  time = Date.UTC(2026, 10, 21)
  auth = createAuth({ folder, now })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function newToken(): string {
  return auth.loginLink('http://127.0.0.1:7410').replace('http://127.0.0.1:7410/login?token=', '')
}

function login(): Secrets {
  const redeemed = auth.redeem(newToken())
  if (redeemed.kind !== 'session') throw new Error(`login was ${redeemed.kind}`)
  return redeemed.secrets
}

const NO_SESSION = { sessions: [], key: undefined }
const shown = ({ session: cookie, key }: Secrets) => ({ sessions: [cookie], key })
const session = (secrets: Secrets) => auth.identify({ authorization: undefined, ...shown(secrets) })
const bearer = (token: string) => auth.identify({ authorization: `Bearer ${token}`, ...NO_SESSION })
const mode = (...path: string[]): number => statSync(join(folder, ...path)).mode & 0o777

test('a login link holds 256 random bits and works once', () => {
  const token = newToken()
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(newToken()).not.toBe(token)
  expect(auth.redeem(token).kind).toBe('session')
  expect(auth.redeem(token).kind).toBe('refused')
})

test('a login link works for fifteen minutes, not longer', () => {
  const [early, late] = [newToken(), newToken()]
  time += LOGIN_LINK_LIFE - 1
  expect(auth.redeem(early).kind).toBe('session')
  time += 1
  expect(auth.redeem(late).kind).toBe('refused')
})

test('a login link outlives a restart and still works once', () => {
  const token = newToken()
  const next = createAuth({ folder, now })
  expect(next.redeem(token).kind).toBe('session')
  expect(auth.redeem(token).kind).toBe('refused')
})

test('who may write the folder makes links beside the running daemon', () => {
  const link = newLoginLink({ folder, origin: 'http://h', now: time })
  expect(auth.redeem(link.replace('http://h/login?token=', '')).kind).toBe('session')
  expect(() => newLoginLink({ folder: join(folder, 'none'), origin: 'http://h', now: time })).toThrow(
    /cannot write/,
  )
})

test('what lies in the folder is for its owner, and holds no link that works', () => {
  const token = newToken()
  expect(mode('logins')).toBe(0o700)
  expect(mode('cli.token')).toBe(0o600)
  const [name] = readdirSync(join(folder, 'logins'))
  expect(mode('logins', name ?? '')).toBe(0o600)
  expect(`${name} ${readFileSync(join(folder, 'logins', name ?? ''), 'utf8')}`).not.toContain(token)
  expect(auth.redeem(name ?? '').kind).toBe('refused')
})

test('expired links leave nothing behind', () => {
  newToken()
  time += LOGIN_LINK_LIFE
  newToken()
  expect(readdirSync(join(folder, 'logins'))).toHaveLength(1)
  time += LOGIN_LINK_LIFE
  createAuth({ folder, now })
  expect(readdirSync(join(folder, 'logins'))).toEqual([])
})

test.each(['', '.', '..', '../cli.token', 'x'.repeat(100_000), '\0', '%2e%2e/cli.token'])(
  'the token %j opens nothing',
  (token) => {
    expect(auth.redeem(token).kind).toBe('refused')
  },
)

test('a session lives on while it is used and ends after twelve idle hours', () => {
  const secret = login()
  expect(session(secret)).toMatchObject({ kind: 'session' })
  time += SESSION_IDLE - 1
  expect(session(secret)).toMatchObject({ kind: 'session' })
  time += SESSION_IDLE - 1
  expect(session(secret)).toMatchObject({ kind: 'session' })
  time += SESSION_IDLE
  expect(session(secret)).toBeUndefined()
})

test('neither half of what a login gives opens anything without the other', () => {
  const [mine, other] = [login(), login()]
  expect(mine.key).not.toBe(mine.session)
  for (const halves of [
    { sessions: [mine.session], key: undefined },
    { sessions: [mine.session], key: '' },
    { sessions: [mine.session], key: mine.session },
    { sessions: [mine.session], key: other.key },
    { sessions: [], key: mine.key },
    { sessions: [mine.key], key: mine.key },
    { sessions: [''], key: mine.key },
  ]) {
    expect(auth.identify({ authorization: undefined, ...halves })).toBeUndefined()
  }
  expect(session(mine)).toMatchObject({ kind: 'session' })
})

test('a cookie that another port has put beside ours neither helps nor hinders', () => {
  const [mine, other] = [login(), login()]
  const both = { authorization: undefined, sessions: ['planted', other.session, mine.session], key: mine.key }
  expect(auth.identify(both)).toEqual(session(mine))
  const many = { ...both, sessions: [...Array<string>(8).fill('planted'), mine.session] }
  expect(auth.identify(many)).toBeUndefined()
})

test('guessing a key does not keep its session from idling out', () => {
  const mine = login()
  time += SESSION_IDLE - 1
  expect(session({ ...mine, key: 'guess' })).toBeUndefined()
  time += 1
  expect(session(mine)).toBeUndefined()
})

test('a cookie alone says that there is a session, and does not keep it from idling out', () => {
  const mine = login()
  const look = (...sessions: string[]): boolean => auth.hasSession({ authorization: undefined, sessions })
  expect([look(mine.session), look('planted', mine.session)]).toEqual([true, true])
  expect([look(), look(''), look('planted'), look(mine.key)]).toEqual([false, false, false, false])
  expect(look(...Array<string>(8).fill('planted'), mine.session)).toBe(false)
  time += SESSION_IDLE - 1
  expect(look(mine.session)).toBe(true)
  time += 1
  expect(look(mine.session)).toBe(false)
  expect(session(mine)).toBeUndefined()
})

test('a header of the command line is taken by its word, beside any cookie', () => {
  const { session: cookie } = login()
  const look = (authorization: string, ...sessions: string[]) => auth.hasSession({ authorization, sessions })
  expect(look(`Bearer ${readCliToken(folder)}`)).toBe(true)
  expect([look('Bearer wrong', cookie), look('', cookie), look('Basic dXNlcjpwYXNz', cookie)]).toEqual([
    false,
    false,
    false,
  ])
})

test('asking whether a session holds does not prolong it', () => {
  const credential = session(login())
  if (credential === undefined) throw new Error('no session')
  time += SESSION_IDLE - 1
  expect(auth.holds(credential)).toBe(true)
  time += 1
  expect(auth.holds(credential)).toBe(false)
})

test('an ended session opens nothing', () => {
  const secret = login()
  const credential = session(secret)
  if (credential === undefined) throw new Error('no session')
  auth.end(credential)
  expect(session(secret)).toBeUndefined()
  expect(auth.holds(credential)).toBe(false)
})

test('sessions are bounded: the one that is idle for longest ends', () => {
  const oldest = login()
  const used = login()
  for (let n = 0; n < 255; n += 1) {
    session(used)
    login()
  }
  expect(session(oldest)).toBeUndefined()
  expect(session(used)).toMatchObject({ kind: 'session' })
})

test('the command line shows the token of the running daemon, and only that', () => {
  const token = readCliToken(folder) ?? ''
  expect(bearer(token)).toEqual({ kind: 'cli' })
  expect(bearer(`${token}A`)).toBeUndefined()
  expect(bearer('')).toBeUndefined()
  expect(session({ session: token, key: token })).toBeUndefined()
  expect(bearer(login().session)).toBeUndefined()
  const next = createAuth({ folder, now })
  expect(next.identify({ authorization: `Bearer ${token}`, ...NO_SESSION })).toBeUndefined()
  expect(next.identify({ authorization: `Bearer ${readCliToken(folder)}`, ...NO_SESSION })).toEqual({
    kind: 'cli',
  })
})

test('a wrong bearer token is not mended by a good cookie', () => {
  expect(auth.identify({ authorization: 'Bearer wrong', ...shown(login()) })).toBeUndefined()
  expect(auth.identify({ authorization: 'Basic dXNlcjpwYXNz', ...NO_SESSION })).toBeUndefined()
})

test('the token is not written into a file that lay there before', () => {
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, 'mine', { mode: 0o666 })
  rmSync(join(folder, 'cli.token'))
  symlinkSync(elsewhere, join(folder, 'cli.token'))
  symlinkSync(elsewhere, join(folder, 'cli.token.new'))
  createAuth({ folder, now })
  expect(readFileSync(elsewhere, 'utf8')).toBe('mine')
  expect(mode('cli.token')).toBe(0o600)
})

test('guessed links run into a limit, which lets a good link through and wears off', () => {
  const good = newToken()
  const answers = Array.from({ length: 12 }, (_, n) => auth.redeem(`guess-${n}`))
  expect(answers.map(({ kind }) => kind)).toEqual([
    ...Array<string>(10).fill('refused'),
    'limited',
    'limited',
  ])
  expect(answers.at(-1)).toEqual({ kind: 'limited', retryAfter: 6 })
  expect(auth.redeem(good).kind).toBe('session')
  time += 6_000
  expect(auth.redeem('guess').kind).toBe('refused')
  expect(auth.redeem('guess').kind).toBe('limited')
})

test('a folder that cannot be written is told with its mend', () => {
  const locked = join(folder, 'locked')
  mkdirSync(locked)
  chmodSync(locked, 0o500)
  chmodSync(folder, 0o711)
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    expect(() => createAuth({ folder: locked, now })).toThrow(/cannot write/)
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('a file where the folder should be is told with its mend', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(() => createAuth({ folder: file, now })).toThrow(
    expect.objectContaining({ file, mend: expect.stringContaining('--data') }),
  )
})
