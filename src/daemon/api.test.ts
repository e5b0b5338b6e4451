import { serve } from '@hono/node-server'
import { hc } from 'hono/client'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import { createCommands } from '../commands.ts'
import type { Detection } from '../detection.ts'
import type { Finding } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import { fold, stateKeys } from '../engine/alerting.ts'
import { limits } from '../limits.ts'
import { compileRules } from '../sigma/sigma.ts'
import { loadSite } from '../site/site.ts'
import { openReader, openStore } from '../store/sqlite.ts'
import type { Reader, Store } from '../store/store.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { createApi, type Api } from './api.ts'
import { createAuth, readCliToken, SESSION_IDLE, type Auth } from './auth.ts'
import type { DataApi, DataParts } from './data-routes.ts'
import { strategyLevels } from './strategy-levels.ts'
import { readConsole } from './console-files.ts'
import { createLive, type Live } from './live.ts'

const HOST = '127.0.0.1:7410'
const ORIGIN = `http://${HOST}`
const START = Date.UTC(2026, 10, 21, 10)
const HOSTILE = '<script>alert(1)</script>\r\nSet-Cookie: a=b\u001b[31m\u202e"\'&'

const DISCOVERED = { what: 'Zeek', path: HOSTILE, state: 'found', message: 'found' } as const

const CONSOLE_PAGE = '<!doctype html><title>Tallyman</title>'
const CONSOLE_SCRIPT = 'console.log("tallyman")'

interface World {
  readonly folder: string
  readonly store: Store
  readonly reader: Reader
  readonly auth: Auth
  readonly live: Live
  readonly data: DataParts
  /** What is mounted beside the daemon's own data. */
  readonly tour: { data: DataParts | undefined }
  readonly api: Api
  readonly hosts: string[]
  readonly reported: unknown[]
}

let world: World
let tours = 0
let time: number

beforeEach(async () => {
  time = START
  world = await createWorld()
})
afterEach(() => {
  world.reader.close()
  world.store.close()
  rmSync(world.folder, { recursive: true, force: true })
})

const now = (): number => time

async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-api-'))
  const store = openStore(join(folder, 'tallyman.db'), { durable: false })
  fill(store)
  const reader = openReader(join(folder, 'tallyman.db'))
  const site = join(folder, 'site')
  let detection = await detectionOf(site)
  const reload = async (): Promise<void> => {
    detection = await detectionOf(site)
  }
  const auth = createAuth({ folder, now })
  const live = createLive({ every: 0 })
  const hosts = [HOST, 'localhost:7410', '[::1]:7410']
  const reported: unknown[] = []
  const tour: World['tour'] = { data: undefined }
  const data: DataParts = {
    reader,
    commands: createCommands({ store, site, now, reload }),
    detection: () => detection,
    levelOf: strategyLevels({
      detection: () => detection,
      now,
      report: (cause) => void reported.push(cause),
    }).of,
    limits: () => limits({ detection, reader, site, zone: 'UTC', now: now() }),
    status: () => ({
      version: '1.2.3',
      started: START,
      inputs: [
        {
          name: 'docker',
          type: 'docker',
          state: 'reading',
          records: 3,
          failed: 1,
          rate: 0.05,
          lastRecord: START,
          lastBatch: START,
          error: undefined,
          gaps: [],
        },
      ],
    }),
    zone: 'UTC',
    live,
  }
  const api = createApi({
    data,
    tour: () => tour.data,
    start: {
      discovery: () => [DISCOVERED],
      tour: {
        current: () => ({ state: tours === 0 ? 'idle' : 'playing', records: 0, total: 7 }),
        start: async () => void (tours += 1),
      },
    },
    agents: { store, file: join(folder, 'agents.json'), now },
    reload: async () => ({ rules: 1, strategies: 1, lists: ['ours'], problems: [] }),
    auth,
    console: readConsole(builtConsole(folder)),
    audit: (actor, action, detail) => store.audit(actor, action, detail, now()),
    now,
    hosts: () => hosts,
    report: (cause) => void reported.push(cause),
  })
  return { folder, store, reader, auth, live, data, tour, api, hosts, reported }
}

function builtConsole(folder: string): string {
  const built = join(folder, 'console')
  mkdirSync(built)
  writeFileSync(join(built, 'index.html'), CONSOLE_PAGE)
  mkdirSync(join(built, 'assets'))
  writeFileSync(join(built, 'assets', 'index-Dk2_aX9z.js'), CONSOLE_SCRIPT)
  writeFileSync(join(built, 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  return built
}

/** Three alerts on two containers, and one of what ran before the first start; a finding and a failure. */
function fill(store: Store): void {
  const matches = [
    aMatch({ id: 'e1', container: 'c1', rule: 'rule-a', time: START }),
    aMatch({ id: 'e2', container: 'c1', rule: 'rule-b', time: START + 1_000 }),
    aMatch({ id: 'e3', container: 'c2', rule: 'rule-a', time: START + 7_200_000, image: HOSTILE }),
    aMatch({ id: 'e4', container: 'c3', rule: 'rule-a', time: START, inventory: true }),
  ].map((match) => ({ match, level: match.rule.level }))
  const finding: Finding = {
    id: 'f1',
    kind: 'producer-loss',
    about: 'docker',
    since: START,
    until: START + 5,
    message: HOSTILE,
  }
  store.commit(
    aCommit({
      at: START,
      counters: {
        records: 6,
        evaluated: 5,
        failed: 1,
        duplicates: 0,
        suppressed: {},
        late: {},
        sources: { 'docker.events': 5 },
        failures: { 'not JSON': 1 },
      },
      failures: [{ reason: 'not JSON', stream: 's', position: 7, sample: HOSTILE }],
      findings: [finding],
      output: fold(store.load(stateKeys(matches)), matches),
    }),
  )
}

function aMatch(of: {
  id: string
  container: string
  rule: string
  time: number
  image?: string
  inventory?: boolean
}): Match {
  return {
    rule: {
      id: of.rule,
      title: `Title of ${of.rule}`,
      level: of.rule === 'rule-a' ? 'high' : 'low',
      attack: ['T1610'],
      strategy: 't1',
      fields: [],
    },
    event: {
      id: of.id,
      time: of.time,
      source: 'docker.events',
      logsource: { product: 'docker' },
      resource: {
        'host.name': 'h',
        'container.id': of.container,
        ...(of.image === undefined ? {} : { 'container.image.name': of.image }),
      },
      record: { Action: 'create', note: of.image ?? 'plain' },
      mapping: {},
      ...(of.inventory === undefined ? {} : { inventory: of.inventory }),
    },
  }
}

const RULE = `title: Host network
id: 0d6ad3b5-5a12-4d4b-9b0a-1d9b7a3f6c11
logsource: {category: container_create}
detection: {selection: {container.host_network: true}, condition: selection}
level: high
`

async function detectionOf(folder: string): Promise<Detection> {
  const site = await loadSite(folder)
  const text = { file: 't1.md', text: RULE, line: 3, strategy: 't1' }
  const { ruleset, refused, warnings } = compileRules([text], { lists: new Map() })
  const judge = {
    suppressedBy: () => undefined,
    rate: (match: Match) => ({ match, level: match.rule.level }),
  }
  return {
    strategies: [strategy],
    ruleset,
    judge,
    site,
    problems: [...refused, ...site.problems],
    warnings,
    findings: [],
  }
}

const strategy: Strategy = {
  id: 't1',
  file: 't1.md',
  title: 'Host namespaces',
  text: `# Host namespaces\n${HOSTILE}`,
  hash: 'h',
  frontMatter: {},
  version: '1',
  status: undefined,
  owner: 'team',
  review: { by: [] },
  scope: { platforms: ['Containers'], sources: [] },
  attack: { version: undefined, primary: { technique: 'T1610' }, observedAs: [] },
  sections: [{ name: 'response', heading: 'Response', line: 9, end: 12, text: 'Look first.' }],
  blocks: [],
  rules: [],
  filters: [],
  tests: [],
  priority: undefined,
  playbook: [{ id: 'look', stage: 'triage', do: 'inspect', text: 'Read the specification', line: 10 }],
  emulations: [],
  assumptions: [],
}

/** Every route with a request that it answers, and how. */
const ROUTES: readonly (readonly [method: string, path: string, status: number, body: object | undefined])[] =
  [
    ['GET', '/api', 200, undefined],
    ['GET', '/api/status', 200, undefined],
    ['GET', '/api/alerts', 200, undefined],
    ['GET', '/api/alerts/ALERT', 200, undefined],
    ['POST', '/api/alerts/ALERT/close', 200, { verdict: 'benign', note: 'known' }],
    ['GET', '/api/incidents', 200, undefined],
    ['GET', '/api/incidents/histogram', 200, undefined],
    ['GET', '/api/incidents/INCIDENT', 200, undefined],
    ['POST', '/api/incidents/INCIDENT/close', 200, { verdict: 'benign', note: 'known' }],
    ['GET', '/api/posture', 200, undefined],
    ['POST', '/api/posture/adopt', 200, { expires: '2027-01-31', owner: 'me', reason: 'ours' }],
    ['GET', '/api/strategies', 200, undefined],
    ['GET', '/api/strategies/t1', 200, undefined],
    ['GET', '/api/discovery', 200, undefined],
    ['GET', '/api/tour', 200, undefined],
    ['POST', '/api/tour', 202, {}],
    ['GET', '/api/sources', 200, undefined],
    ['GET', '/api/limits', 200, undefined],
    ['GET', '/api/findings', 200, undefined],
    ['GET', '/api/failures', 200, undefined],
    ['GET', '/api/totals', 200, undefined],
    ['GET', '/api/silences', 200, undefined],
    [
      'POST',
      '/api/silences',
      201,
      { match: { 'container.id': 'c1' }, for: '2h', owner: 'me', reason: 'test' },
    ],
    ['GET', '/api/audit', 200, undefined],
    ['GET', '/api/stream', 200, undefined],
    ['POST', '/api/logout', 200, {}],
  ]

/** Ways in that are no routes: a stranger cannot tell them from those that are. */
const ELSEWHERE: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/nowhere'],
  ['GET', '/login'],
  ['GET', '/login?token='],
  ['GET', '/login?token=guess'],
  ['POST', '/login?token=guess'],
  ['HEAD', '/api/alerts'],
  ['OPTIONS', '/api/alerts'],
  ['DELETE', '/api/alerts/x'],
  ['PUT', '/'],
  ['PATCH', '/api'],
  ['POST', '/health'],
  ['GET', '/health/'],
  ['GET', '/health/../api/alerts/x'],
  ['GET', '//api/alerts'],
  ['GET', '/api/%61lerts'],
  ['GET', '/API/ALERTS'],
]

/** The console's files and pages, and what looks like them. */
const FILES: readonly string[] = [
  '/',
  '/?entity=shop',
  '/index.html',
  '/assets/index-Dk2_aX9z.js',
  '/assets/index-none.js',
  '/assets/',
  '/assets',
  '/assets/../index.html',
  '/mark.svg',
  '/favicon.ico',
  '/robots.txt',
  '/.well-known/security.txt',
  '/incidents/0a1b',
  '/strategies/t1600-weaken-encryption?tab=rules',
  '/tour',
  '/tour/incidents/0a1b',
  '//',
  '/%2e%2e/tallyman.yaml',
]

interface Sending {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** `undefined` leaves a header out. */
async function send(path: string, { method = 'GET', body, headers = {} }: Sending = {}): Promise<Response> {
  const all = {
    host: HOST,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  return world.api.request(path, {
    method,
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const cli = (): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${readCliToken(world.folder) ?? ''}`,
})

async function login(): Promise<{ readonly cookie: string; readonly 'x-tallyman-key': string }> {
  const answer = await send(world.auth.loginLink(ORIGIN).slice(ORIGIN.length))
  expect(answer.status).toBe(200)
  return credentialsOf(answer)
}

/** What a login answers with: the cookie in its header, the key where its page leads to. */
async function credentialsOf(answer: Response) {
  return {
    cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '',
    'x-tallyman-key': /url=\/#key=([\w-]{43})"/.exec(await answer.text())?.[1] ?? '',
  }
}

function placed(path: string): string {
  const alert = world.reader.alerts().items.at(-1)
  return path.replace('ALERT', alert?.id ?? '').replace('INCIDENT', alert?.incident ?? '')
}

async function get(path: string): Promise<any> {
  return json(send(path, { headers: cli() }))
}

async function json(answer: Response | Promise<Response>): Promise<any> {
  return (await answer).json()
}

/** Accept as Chromium sends it with a navigation. */
const AS_BROWSER = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8',
} as const

const REFUSED = { error: expect.any(String), mend: expect.any(String) }

describe('a stranger', () => {
  test('learns from /health that the daemon is up, under any name, and nothing else', async () => {
    const answer = await send('/health', { headers: { host: 'evil.example' } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ status: 'ok' })
  })

  test.each([...ROUTES.map(([method, path]) => [method, path] as const), ...ELSEWHERE])(
    'gets 401 and the same words from %s %s',
    async (method, path) => {
      const answer = await send(placed(path), { method, headers: { 'x-tallyman': '1' } })
      expect(answer.status).toBe(401)
      if (method !== 'HEAD') expect(await answer.json()).toEqual(await json(send('/nowhere')))
    },
  )

  test.each([
    ['a wrong token', { authorization: 'Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a made-up session', { cookie: 'tallyman_session_7410=AAAA', 'x-tallyman-key': 'AAAA' }],
    ['an empty session', { cookie: 'tallyman_session_7410=', 'x-tallyman-key': '' }],
  ])('gets 401 with %s', async (_what, headers) => {
    expect((await send('/api/alerts', { headers })).status).toBe(401)
  })

  test.each(FILES)('gets nothing of the console at %s', async (path) => {
    const planted = { cookie: 'tallyman_session_7410=AAAA', authorization: undefined }
    const halves = { 'x-tallyman-key': (await login())['x-tallyman-key'] }
    for (const headers of [{}, planted, halves, { authorization: 'Bearer AAAA' }]) {
      const answer = await send(path, { headers })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toEqual(await json(send('/nowhere')))
      const page = await send(path, { headers: { ...headers, ...AS_BROWSER } })
      expect([page.status, page.headers.get('content-type')]).toEqual([401, 'text/html; charset=UTF-8'])
      const text = await page.text()
      expect(text).toContain('tallyman login')
      expect(text).toBe(await (await send('/', { headers: AS_BROWSER })).text())
      for (const method of ['HEAD', 'POST', 'OPTIONS']) {
        const other = await send(path, { method, headers: { ...headers, 'x-tallyman': '1' } })
        expect(other.status).toBe(401)
        if (method === 'HEAD') expect(await other.text()).toBe('')
      }
    }
  })

  test('who posts a large body is refused before it is read', async () => {
    expect((await send('/api/silences', { method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(401)
  })
})

describe('the login link', () => {
  test('works once, sets a cookie that scripts and other sites do not get, and leads to the front page', async () => {
    const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
    const answer = await send(path)
    expect(answer.status).toBe(200)
    const page = await answer.clone().text()
    const { cookie, 'x-tallyman-key': key } = await credentialsOf(answer)
    // no redirect: the browser would keep the cookie back where another site's link led here
    expect(answer.headers.get('location')).toBeNull()
    expect(page).toContain(`<meta http-equiv="refresh" content="0; url=/#key=${key}">`)
    expect(page).toContain(`<a href="/#key=${key}">`)
    expect(page).not.toContain(cookie.split('=')[1])
    expect(page).not.toContain(path.slice(-43))
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('set-cookie')).toMatch(
      /^tallyman_session_7410=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await send(path)).status).toBe(401)
  })

  test('is refused after fifteen minutes', async () => {
    const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
    time += 15 * 60_000
    expect((await send(path)).status).toBe(401)
  })

  test('is not used up by a preview, a wrong name or another origin', async () => {
    const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
    expect((await send(path, { method: 'HEAD' })).status).toBe(401)
    for (const purpose of ['prefetch', 'prefetch;prerender']) {
      expect((await send(path, { headers: { 'sec-purpose': purpose } })).status).toBe(401)
    }
    expect((await send(path, { headers: { host: 'evil.example:7410' } })).status).toBe(421)
    expect((await send(path, { headers: { origin: 'http://127.0.0.1:8080' } })).status).toBe(403)
    expect((await send(path)).status).toBe(200)
  })

  test('guessing it is slowed down, and locks nobody out', async () => {
    const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
    for (let n = 0; n < 10; n += 1) expect((await send(`/login?token=${n}`)).status).toBe(401)
    const answer = await send('/login?token=x')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '6'])
    expect((await send(path)).status).toBe(200)
  })

  test('refusals write nothing: strangers cannot make the audit trail grow', async () => {
    const before = world.reader.auditTrail().length
    const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
    for (let n = 0; n < 100; n += 1) {
      await send(`/login?token=${n}`)
      await send('/api/logout', { method: 'POST', body: {} })
    }
    expect(world.reader.auditTrail().length).toBe(before)
    await send(path)
    expect(world.reader.auditTrail()[0]).toMatchObject({ action: 'session.login' })
  })
})

describe.each([
  ['a session', login],
  ['the command line', async () => cli()],
])('with %s', (_who, credentials) => {
  test.each(ROUTES)('%s %s answers', async (method, path, status, body) => {
    const answer = await send(placed(path), { method, body, headers: await credentials() })
    expect(answer.status).toBe(status)
    await answer.body?.cancel()
    expect(world.reported).toEqual([])
  })

  test.each(ROUTES)('%s %s is refused under another name', async (method, path, _status, body) => {
    const headers = await credentials()
    for (const host of ['evil.example:7410', '127.0.0.1', '127.0.0.1:7411', '', undefined]) {
      expect((await send(placed(path), { method, body, headers: { ...headers, host } })).status).toBe(421)
    }
  })

  test.each(ROUTES)('%s %s is refused to a page of another origin', async (method, path, _status, body) => {
    const headers = await credentials()
    for (const origin of [
      'https://evil.example',
      'http://127.0.0.1:8080',
      'null',
      'http://127.0.0.1:7410.evil.example',
    ]) {
      expect((await send(placed(path), { method, body, headers: { ...headers, origin } })).status).toBe(403)
    }
  })

  test('the names of loopback are all served, to pages of their own', async () => {
    const headers = await credentials()
    for (const host of ['LOCALHOST:7410', '[::1]:7410', HOST]) {
      expect((await send('/api', { headers: { ...headers, host, origin: `http://${host}` } })).status).toBe(
        200,
      )
    }
  })

  test('what is not there is 404, whatever the method', async () => {
    const headers = { ...(await credentials()), 'x-tallyman': '1' }
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['DELETE', '/api/alerts/x'],
      ['GET', '/api/alerts/x'],
      ['GET', '/api/incidents/x'],
      ['GET', '/api/strategies/..%2f..%2fetc%2fpasswd'],
    ] as const) {
      const answer = await send(path, { method, headers })
      expect(answer.status).toBe(404)
      expect(await answer.json()).toEqual(REFUSED)
    }
  })
})

describe("the console's files", () => {
  const own = async (path: string, headers: Record<string, string>): Promise<unknown[]> => {
    const answer = await send(path, { headers })
    return [answer.status, await answer.text()]
  }

  test('are for the cookie of a session alone, as a browser asks for them, and for the command line', async () => {
    const { cookie } = await login()
    for (const headers of [{ cookie }, { cookie: `tallyman_session_7410=planted; ${cookie}` }, cli()]) {
      expect(await own('/', { ...headers, ...AS_BROWSER })).toEqual([200, CONSOLE_PAGE])
      expect(await own('/incidents/0a1b', { ...headers, ...AS_BROWSER })).toEqual([200, CONSOLE_PAGE])
      expect(await own('/assets/index-Dk2_aX9z.js', headers)).toEqual([200, CONSOLE_SCRIPT])
    }
    expect((await send('/api/status', { headers: { cookie, ...AS_BROWSER } })).status).toBe(401)
    expect((await send('/', { headers: { cookie, authorization: 'Bearer AAAA' } })).status).toBe(401)
  })

  test('are gone with the session, also for who has them already', async () => {
    const headers = await login()
    const script = await send('/assets/index-Dk2_aX9z.js', { headers })
    const known = { ...headers, 'if-none-match': script.headers.get('etag') ?? '' }
    expect((await send('/assets/index-Dk2_aX9z.js', { headers: known })).status).toBe(304)
    await send('/api/logout', { method: 'POST', headers: { ...headers, 'x-tallyman': '1' } })
    for (const path of ['/', '/mark.svg', '/assets/index-Dk2_aX9z.js'])
      expect((await send(path, { headers: known })).status).toBe(401)
  })

  test('do not keep a session from idling out', async () => {
    const headers = await login()
    time += SESSION_IDLE - 1
    expect((await send('/', { headers: { ...headers, ...AS_BROWSER } })).status).toBe(200)
    time += 1
    expect((await send('/', { headers: { ...headers, ...AS_BROWSER } })).status).toBe(401)
  })

  test('are asked for once more where the browser kept the cookie back, from a page of ours, and not again', async () => {
    const from = async (site: string | undefined, headers: Record<string, string> = AS_BROWSER) =>
      (await send('/incidents/0a1b', { headers: { ...headers, 'sec-fetch-site': site } })).text()
    const refresh = '<meta http-equiv="refresh" content="0">'
    expect(await from('cross-site')).toContain(refresh)
    for (const site of ['same-origin', 'same-site', 'none', undefined])
      expect(await from(site)).not.toContain('http-equiv="refresh"')
    expect(await from('cross-site', {})).not.toContain(refresh)
  })

  test('leave a page behind that runs one script of ours and nothing else', async () => {
    const answer = await send('/incidents/0a1b', { headers: AS_BROWSER })
    const script = /<script>([\s\S]*)<\/script>/.exec(await answer.text())?.[1] ?? ''
    expect(script).toContain('tallyman.place')
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })
})

describe('a session', () => {
  test('ends after twelve idle hours', async () => {
    const headers = await login()
    time += SESSION_IDLE
    expect((await send('/api', { headers })).status).toBe(401)
  })

  test('ends with a logout', async () => {
    const headers = await login()
    const answer = await send('/api/logout', { method: 'POST', headers: { ...headers, 'x-tallyman': '1' } })
    expect(answer.headers.get('set-cookie')).toMatch(/^tallyman_session_7410=; Max-Age=0/)
    expect((await send('/api', { headers })).status).toBe(401)
  })

  test('changes nothing for a form, which any page can send', async () => {
    const headers = await login()
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      undefined,
    ]) {
      const body = '{"verdict":"benign"}'
      const answer = await send(placed('/api/alerts/ALERT/close'), {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': type },
      })
      expect(answer.status).toBe(403)
    }
    expect(world.reader.alerts({ status: 'closed' }).items).toEqual([])
  })

  test('answers nothing that a browser says another site asked for, be it another port of this host', async () => {
    const headers = await login()
    for (const site of ['cross-site', 'same-site']) {
      expect((await send('/api', { headers: { ...headers, 'sec-fetch-site': site } })).status).toBe(403)
    }
    expect((await send('/api', { headers: { ...headers, 'sec-fetch-site': 'same-origin' } })).status).toBe(
      200,
    )
  })
})

describe('a stolen half of a session', () => {
  test('opens nothing: a cookie goes to every port of this host', async () => {
    const { cookie } = await login()
    const { 'x-tallyman-key': key } = await login()
    for (const headers of [{ cookie }, { 'x-tallyman-key': key }, { cookie, 'x-tallyman-key': key }]) {
      expect((await send('/api/alerts', { headers })).status).toBe(401)
      expect((await send('/tour/api/alerts', { headers })).status).toBe(401)
    }
  })

  test('is no use to keep people out: a planted cookie is passed over', async () => {
    const { cookie, ...key } = await login()
    const headers = { ...key, cookie: `tallyman_session_7410=planted; ${cookie}; other=1` }
    expect((await send('/api/alerts', { headers })).status).toBe(200)
  })

  test('does not end with the session of a daemon on another port', async () => {
    const { cookie, ...key } = await login()
    const headers = { ...key, cookie: `tallyman_session_7411=other; ${cookie}` }
    expect((await send('/api/alerts', { headers })).status).toBe(200)
  })
})

test('logins and logouts are in the audit trail, and told apart', async () => {
  const headers = await login()
  await send('/api/logout', { method: 'POST', headers: { ...headers, 'x-tallyman': '1' } })
  const { items } = await get('/api/audit')
  expect(items.map(({ actor, action }: any) => [actor, action])).toEqual([
    ['console', 'session.logout'],
    ['console', 'session.login'],
  ])
  expect(items[0].detail.session).toMatch(/^[\da-f]{12}$/)
  expect(items[0].detail).toEqual(items[1].detail)
})

test('a browser that opens a used link is told so in a page of plain words', async () => {
  const path = world.auth.loginLink(ORIGIN).slice(ORIGIN.length)
  await send(path)
  const answer = await send(path, { headers: { accept: 'text/html,*/*' } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'text/html; charset=UTF-8'])
  expect(await answer.text()).toContain('used already')
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
})

test.each(['/health', '/nowhere', '/assets/index-none.js', '/login?token=x', '/api/alerts'])(
  '%s comes with secure headers and without CORS',
  async (path) => {
    for (const headers of [{}, cli(), { host: 'evil' }, { ...cli(), origin: 'http://evil' }]) {
      const answer = await send(path, { headers })
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-type': 'application/json',
      })
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  },
)

describe('alerts', () => {
  test('come newest first, in the shape that scan prints, a page at a time', async () => {
    const first = await get('/api/alerts?limit=2')
    expect(first.items[0]).toMatchObject({
      time: '2026-11-21T12:00:00.000Z',
      strategy: { id: 't1' },
      rule: { id: 'rule-a', title: 'Title of rule-a' },
      level: 'high',
      attack: ['T1610'],
      entity: { 'container.id': 'c2' },
      count: 1,
      status: 'open',
      evidence: [{ event: 'e3', time: '2026-11-21T12:00:00.000Z', source: 'docker.events' }],
    })
    const second = await get(`/api/alerts?limit=2&after=${first.next}`)
    expect([...first.items, ...second.items].map(({ evidence }: any) => evidence[0].event)).toEqual([
      'e3',
      'e2',
      'e1',
    ])
    expect(second).not.toHaveProperty('next')
  })

  test.each([
    ['?level=high', ['e3', 'e1']],
    ['?level=low', ['e3', 'e2', 'e1']],
    ['?since=2026-11-21T11:00:00Z', ['e3']],
    ['?until=2026-11-21T11:30:00%2B01:00', ['e2', 'e1']],
    ['?status=closed', []],
    ['?strategy=t1&limit=1', ['e3']],
    ['?strategy=none', []],
    ['?text=rule-b', ['e2']],
    ['?text=%25', []],
  ])('are chosen by %s', async (query, events) => {
    expect((await get(`/api/alerts${query}`)).items.map(({ evidence }: any) => evidence[0].event)).toEqual(
      events,
    )
  })

  test('are chosen by how long ago', async () => {
    time = START + 7_260_000
    expect((await get('/api/alerts?since=2h')).items).toHaveLength(1)
    expect((await get('/api/alerts?since=3h')).items).toHaveLength(3)
  })

  test.each([
    '?limit=0',
    '?limit=501',
    '?limit=1e9',
    '?level=urgent',
    '?status=closed&status=open',
    '?since=yesterday',
    '?after=1;DROP',
    '?order=oldest',
    `?text=${'x'.repeat(257)}`,
    '?text=%00x',
  ])('%s is refused with the mend', async (query) => {
    const answer = await send(`/api/alerts${query}`, { headers: cli() })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual(REFUSED)
  })

  test('are closed once, by an actor that the audit trail names', async () => {
    const path = placed('/api/alerts/ALERT/close')
    const headers = { ...cli(), 'x-tallyman-user': `alice ${'x'.repeat(90)}` }
    const closed = await json(
      send(path, { method: 'POST', body: { verdict: 'false-positive', note: HOSTILE }, headers }),
    )
    expect(closed).toMatchObject({ status: 'closed', verdict: 'false-positive', rule: { id: 'rule-a' } })
    expect((await send(path, { method: 'POST', body: { verdict: 'benign' }, headers })).status).toBe(409)
    const other = world.reader.alerts({ status: 'open' }).items[0]?.id
    await send(`/api/alerts/${other}/close`, {
      method: 'POST',
      body: { verdict: 'benign' },
      headers: await login(),
    })
    const { items } = await json(send('/api/audit', { headers: cli() }))
    expect(items.map(({ actor, action, at }: any) => [actor, action, at])).toEqual([
      ['console', 'alert.close', '2026-11-21T10:00:00.000Z'],
      ['console', 'session.login', '2026-11-21T10:00:00.000Z'],
      [`cli:alice_${'x'.repeat(58)}`, 'alert.close', '2026-11-21T10:00:00.000Z'],
    ])
    expect(items[2].detail.note).toBe(HOSTILE)
  })

  test.each([
    ['not JSON', '{', 400],
    ['a list', [], 400],
    ['no verdict', {}, 400],
    ['an unknown verdict', { verdict: 'fine' }, 400],
    ['an unknown key', { verdict: 'benign', actor: 'root' }, 400],
    ['a body beyond 64 KiB', { verdict: 'benign', note: 'x'.repeat(70_000) }, 413],
    ['depth', '['.repeat(60_000), 400],
  ])('are not closed by %s', async (_what, body, status) => {
    const answer = await send(placed('/api/alerts/ALERT/close'), { method: 'POST', body, headers: cli() })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual(REFUSED)
    expect(world.reader.alerts({ status: 'closed' }).items).toEqual([])
  })

  test('a command line that sends no JSON is told so', async () => {
    const answer = await send(placed('/api/alerts/ALERT/close'), {
      method: 'POST',
      body: '{"verdict":"benign"}',
      headers: { ...cli(), 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(415)
  })
})

test('an incident comes with the evidence of its alerts and the response of their strategies', async () => {
  const found = await json(send(placed('/api/incidents/INCIDENT'), { headers: cli() }))
  expect(found.incident).toMatchObject({ kind: 'incident', level: 'high', entity: { 'container.id': 'c1' } })
  expect(found.incident.alerts).toHaveLength(2)
  expect(found.alerts.items.map(({ evidence }: any) => evidence[0].event)).toEqual(['e2', 'e1'])
  expect(found.response).toEqual([
    {
      strategy: { id: 't1', title: 'Host namespaces' },
      text: 'Look first.',
      steps: [{ id: 'look', stage: 'triage', do: 'inspect', text: 'Read the specification' }],
    },
  ])
})

describe('incidents', () => {
  test('come with what their alerts add up to', async () => {
    const { items } = await get('/api/incidents?entity=C1')
    expect(items).toMatchObject([
      { label: 'c1', level: 'high', count: 2, attack: ['T1610'], alerts: [{ count: 1 }, { count: 1 }] },
    ])
  })

  test.each([
    ['?strategy=t1', ['c2', 'c1']],
    ['?kind=posture&strategy=t1', [undefined]],
    ['?strategy=t', []],
    ['?entity=c1', ['c1']],
    ['?entity=container.id', []],
    ['?text=of+RULE-b', ['c1']],
    ['?text=%3Cscript', ['c2']],
    ['?text=c2&level=high', ['c2']],
    ['?status=open&strategy=t1&entity=h&limit=1', ['c2']],
    ['?status=closed&strategy=t1', []],
    ['?text=%25', []],
  ])('are chosen by %s', async (query, containers) => {
    const { items } = await get(`/api/incidents${query}`)
    expect(items.map(({ entity }: any) => entity['container.id'])).toEqual(containers)
  })

  test('are found by the beginning of the id of one of their alerts', async () => {
    const alert = world.reader.alerts().items.at(-1)
    const { items } = await get(`/api/incidents?text=${alert?.id.slice(0, 8)}`)
    expect(items.map(({ id }: any) => id)).toEqual([alert?.incident])
  })

  test.each(['?order=oldest', '?entity=a&entity=b', `?entity=${'x'.repeat(257)}`, '?strategy='])(
    '%s is refused',
    async (query) => {
      expect((await send(`/api/incidents${query}`, { headers: cli() })).status).toBe(400)
    },
  )

  test('are counted over time, as their page chooses them', async () => {
    const found = await get('/api/incidents/histogram?strategy=t1&entity=c')
    expect(found).toMatchObject({ since: '2026-11-21T10:00:00.000Z', step: 120_000 })
    const counted = found.buckets.filter(({ counts }: any) => Object.keys(counts).length > 0)
    expect(counted).toEqual([
      { time: '2026-11-21T10:00:00.000Z', counts: { high: 1 } },
      { time: '2026-11-21T12:00:00.000Z', counts: { high: 1 } },
    ])
    time = START + 7_260_000
    const recent = await get('/api/incidents/histogram?since=90m')
    expect([recent.since, recent.until]).toEqual(['2026-11-21T10:31:00.000Z', '2026-11-21T12:02:00.000Z'])
    expect((await send('/api/incidents/histogram?limit=1', { headers: cli() })).status).toBe(400)
  })

  test('are closed with all their open alerts, each audited, and once', async () => {
    const path = placed('/api/incidents/INCIDENT/close')
    const sending = { method: 'POST', body: { verdict: 'benign', note: 'planned' }, headers: cli() }
    const closed = await json(send(path, sending))
    expect(closed).toMatchObject({
      closed: 2,
      incident: { status: 'closed', entity: { 'container.id': 'c1' } },
    })
    expect(await json(send(path, sending))).toEqual(REFUSED)
    expect((await send(path, sending)).status).toBe(409)
    expect((await send('/api/incidents/none/close', sending)).status).toBe(404)
    const { items } = await get('/api/audit')
    expect(items.map(({ action, detail }: any) => [action, detail.incident, detail.verdict])).toEqual([
      ['alert.close', closed.incident.id, 'benign'],
      ['alert.close', closed.incident.id, 'benign'],
    ])
    expect((await get('/api/alerts?status=open')).items).toHaveLength(1)
  })
})

test('the level of a strategy is computed, with what the next one needs', async () => {
  await expect.poll(async () => (await get('/api/strategies')).items[0].level, { timeout: 20_000 }).toBe('L0')
  const { level, next } = await get('/api/strategies/t1')
  expect([level, next]).toEqual(['L0', expect.arrayContaining([expect.stringContaining('ADS')])])
  const { strategies } = await get(placed('/api/incidents/INCIDENT'))
  expect(strategies).toEqual([{ id: 't1', title: 'Host namespaces', level: 'L0' }])
})

test('what limits the conclusions is listed, as the doctor shows it', async () => {
  expect((await get('/api/limits')).items).toEqual([
    {
      kind: 'missed',
      severity: 'warning',
      about: 'docker',
      short: 'producer-loss',
      message: expect.stringContaining('producer-loss, 2026-11-21 10:00:00 to'),
      mend: expect.any(String),
    },
    {
      kind: 'missed',
      severity: 'warning',
      about: 'records',
      short: '1 failed',
      message: '1 failed: not JSON',
      mend: expect.stringContaining('doctor --failures'),
    },
  ])
})

test('who may send is changed by the command line alone, and audited', async () => {
  const change = (body: unknown, headers: Readonly<Record<string, string>>) =>
    send('/api/agents', { method: 'POST', body, headers })
  const add = { do: 'add', name: 'web-1', cluster: 'production' }
  expect((await change(add, { ...(await login()), origin: ORIGIN })).status).toBe(403)
  expect((await change({ do: 'add', name: '../x' }, cli())).status).toBe(422)
  expect((await change({ do: 'open', name: 'x' }, cli())).status).toBe(400)
  const { token, agent } = await json(change(add, cli()))
  expect(agent).toMatchObject({ name: 'web-1', host: 'web-1', cluster: 'production', relays: false })
  expect(token).toMatch(/^web-1\./)
  expect(await json(change({ do: 'remove', name: 'web-1' }, cli()))).toEqual({})
  expect(world.reader.auditTrail().slice(0, 2)).toMatchObject([
    { actor: 'cli', action: 'agent.remove', detail: { name: 'web-1' } },
    { actor: 'cli', action: 'agent.add' },
  ])
  expect(JSON.stringify(world.reader.auditTrail())).not.toContain(token)
})

test('reading again is answered with what is in force', async () => {
  expect(await json(send('/api/reload', { method: 'POST', body: {}, headers: cli() }))).toMatchObject({
    lists: ['ours'],
    problems: [],
  })
})

test('the posture report is not in the queue, except for whoever asks for it', async () => {
  const kinds = async (path: string): Promise<unknown> => (await get(path)).items.map(({ kind }: any) => kind)
  expect(await kinds('/api/incidents')).not.toContain('posture')
  expect(await kinds('/api/incidents?kind=posture')).toEqual(['posture'])
  const counted = async (path: string): Promise<number> =>
    (await get(path)).buckets
      .flatMap(({ counts }: any) => Object.values(counts))
      .reduce((a: any, b: any) => a + b, 0)
  expect(await counted('/api/incidents/histogram')).toBe((await get('/api/incidents')).items.length)
  expect(await counted('/api/incidents/histogram?kind=posture')).toBe(1)
})

test('the posture report is adopted as expiring filters', async () => {
  const headers = cli()
  const before = await json(send('/api/posture?status=open', { headers }))
  expect(before.items.map(({ evidence }: any) => evidence[0].event)).toEqual(['e4'])
  const body = { expires: '2027-01-31', owner: 'me', reason: 'ours' }
  expect(await json(send('/api/posture/adopt', { method: 'POST', body, headers }))).toEqual({ filters: 1 })
  expect((await json(send('/api/posture?status=open', { headers }))).items).toEqual([])
  expect((await loadSite(join(world.folder, 'site'))).filters).toMatchObject([
    { expires: '2027-01-31', rules: ['rule-a'] },
  ])
})

test.each([
  { expires: '2026-02-30', owner: 'me', reason: 'r' },
  { expires: '2026-11-19', owner: 'me', reason: 'r' },
  { expires: '2027-01-31', owner: ' ', reason: 'r' },
  { expires: '2027-01-31', owner: 'me' },
  { expires: '2027-01-31', owner: 'me', reason: 'r', alerts: [] },
])('adopting with %j is refused', async (body) => {
  expect((await send('/api/posture/adopt', { method: 'POST', body, headers: cli() })).status).toBe(400)
})

test('a silence is added for a while and listed until it is over', async () => {
  const headers = cli()
  const body = {
    match: { 'container.name|startswith': 'build-' },
    rules: ['rule-a'],
    for: '2h',
    owner: 'me',
    reason: 'upgrade',
  }
  const { id } = await json(send('/api/silences', { method: 'POST', body, headers }))
  const listed = (): Promise<any> => json(send('/api/silences', { headers }))
  expect((await listed()).items).toEqual([
    {
      id,
      owner: 'me',
      reason: 'upgrade',
      until: '2026-11-21T12:00:00.000Z',
      active: true,
      rules: ['rule-a'],
      match: body.match,
    },
  ])
  time += 7_200_000
  expect((await listed()).items[0].active).toBe(false)
})

test.each([
  [{ match: {} }, 400],
  [{ match: { a: { b: 1 } } }, 400],
  [{ match: { a: [[1]] } }, 400],
  [{ match: { a: [] } }, 400],
  [{ for: '0s' }, 400],
  [{ for: '99999w' }, 400],
  [{ for: 'ever' }, 400],
  [{ rules: [] }, 400],
  [{ match: { 'a|nosuchmodifier': 'x' } }, 422],
])('the silence %j is refused', async (part, status) => {
  const body = { match: { a: 'x' }, for: '2h', owner: 'me', reason: 'r', ...part }
  const answer = await send('/api/silences', { method: 'POST', body, headers: cli() })
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual(REFUSED)
  expect((await loadSite(join(world.folder, 'site'))).silences).toEqual([])
})

test('silences that come at once are all kept', async () => {
  const adding = Array.from({ length: 8 }, (_, n) => ({ match: { n }, for: '2h', owner: 'me', reason: 'r' }))
  await Promise.all(adding.map((body) => send('/api/silences', { method: 'POST', body, headers: cli() })))
  const { items } = await get('/api/silences')
  expect(items.map(({ match }: any) => match.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a number that a script cannot hold is refused, not rounded', async () => {
  const body = '{"match":{"uid":9007199254740993},"for":"2h","owner":"me","reason":"r"}'
  expect((await send('/api/silences', { method: 'POST', body, headers: cli() })).status).toBe(400)
})

test('a strategy comes with its sections, rules, playbook and text', async () => {
  expect((await json(send('/api/strategies', { headers: cli() }))).items).toMatchObject([
    { id: 't1', title: 'Host namespaces', attack: ['T1610'], executable: true, rules: 1, steps: 1 },
  ])
  expect(await json(send('/api/strategies/t1', { headers: cli() }))).toMatchObject({
    text: strategy.text,
    sections: [{ name: 'response', heading: 'Response', text: 'Look first.' }],
    rules: [{ id: '0d6ad3b5-5a12-4d4b-9b0a-1d9b7a3f6c11', title: 'Host network', level: 'high' }],
    refused: [],
    response: { steps: [{ id: 'look' }] },
  })
})

test('status, totals, sources, findings and failures say what was read and what was not', async () => {
  expect(await get('/api/status')).toEqual({
    version: '1.2.3',
    started: '2026-11-21T10:00:00.000Z',
    inputs: [
      {
        name: 'docker',
        type: 'docker',
        state: 'reading',
        records: 3,
        failed: 1,
        rate: 0.1,
        lastRecord: '2026-11-21T10:00:00.000Z',
        lastBatch: '2026-11-21T10:00:00.000Z',
        gaps: [],
      },
    ],
  })
  expect(await get('/api/totals')).toMatchObject({
    records: 6,
    evaluated: 5,
    failed: 1,
    duplicates: 0,
    alerts: 3,
  })
  expect((await get('/api/sources')).items).toContainEqual({
    name: 'docker.events',
    title: 'Docker events',
    evaluated: 5,
  })
  expect((await get('/api/findings')).items).toMatchObject([
    { id: 'f1', since: '2026-11-21T10:00:00.000Z', until: '2026-11-21T10:00:00.005Z' },
  ])
  expect((await get('/api/failures?limit=1')).items).toMatchObject([{ reason: 'not JSON', sample: HOSTILE }])
})

test('an attacker’s text comes back as data in JSON and nowhere else', async () => {
  for (const path of ['/api/alerts', '/api/findings', '/api/failures', '/api/strategies/t1']) {
    const answer = await send(path, { headers: cli() })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(JSON.stringify(Object.fromEntries(answer.headers))).not.toContain('script')
    const text = await answer.text()
    expect(['\r', '\n', '\u001b'].filter((character) => text.includes(character))).toEqual([])
    expect(text).toContain(JSON.stringify(HOSTILE).slice(1, -1))
  }
  const refused = await (
    await send(`/api/alerts?${encodeURIComponent(HOSTILE)}=1`, { headers: cli() })
  ).text()
  expect(JSON.parse(refused)).toEqual(REFUSED)
})

test('a fault is reported to the operator and told to the asker without a word of it', async () => {
  world.reader.close()
  const answer = await send('/api/totals', { headers: cli() })
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { error: 'the daemon failed', mend: 'see what it printed' },
  ])
  expect(String(world.reported[0])).toContain('not open')
  Object.assign(world, { reader: openReader(join(world.folder, 'tallyman.db')) })
})

test('a typed client reads what the routes answer', async () => {
  const client = hc<Api>(ORIGIN, {
    headers: { ...cli(), host: HOST },
    fetch: async (input: string | URL | Request, init?: RequestInit) =>
      world.api.request(input instanceof Request ? input : String(input), init),
  })
  const page = await (await client.api.alerts.$get({ query: { level: 'high', limit: 1 } })).json()
  if (!('items' in page)) throw new Error('no page')
  expect(page.items[0]?.rule.title).toBe('Title of rule-a')
})

describe('a second set of data', () => {
  test('is no route until it is there, and nothing to a stranger', async () => {
    expect((await send('/tour/api/alerts')).status).toBe(401)
    const answer = await send('/tour/api/alerts', { headers: cli() })
    expect([answer.status, await answer.json()]).toEqual([404, REFUSED])
  })

  test('answers the same routes beside the first, each its own', async () => {
    const file = join(world.folder, 'second.db')
    const store = openStore(file, { durable: false })
    world.tour.data = { ...world.data, reader: store }
    expect((await get('/tour/api/alerts')).items).toEqual([])
    expect((await get('/api/alerts')).items).toHaveLength(3)
    expect((await get('/tour/api/strategies')).items).toEqual((await get('/api/strategies')).items)
    world.tour.data = world.data
    expect((await get('/tour/api/alerts')).items).toHaveLength(3)
    store.close()
  })

  test('is typed like the first', async () => {
    world.tour.data = world.data
    const options = {
      headers: { ...cli(), host: HOST },
      fetch: async (input: string | URL | Request, init?: RequestInit) =>
        world.api.request(input instanceof Request ? input : String(input), init),
    }
    const both = hc<Api>(ORIGIN, options)
    const one = hc<DataApi>(`${ORIGIN}/tour/api`, options)
    const asked = { query: { level: 'high' as const, limit: 1 } }
    const first = await (await both.tour.api.alerts.$get(asked)).json()
    expect(await (await one.alerts.$get(asked)).json()).toEqual(first)
    if (!('items' in first)) throw new Error('no page')
    expect(first.items[0]?.rule.title).toBe('Title of rule-a')
  })
})

function opened() {
  const alert = world.store.alerts({ level: 'high' }).items[0]
  if (alert === undefined) throw new Error('no alert')
  return {
    input: 'docker',
    alerts: [{ id: alert.id, opened: true, posture: false, incident: alert.incident }],
    findings: [],
    unreadable: [],
    counters: world.store.totals(),
  }
}

describe('the live stream', () => {
  test('tells what happens as server-sent events', async () => {
    const answer = await send('/api/stream', { headers: await login() })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const lines = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await lines?.read())?.value).toBe('retry: 3000\n\n')
    world.live.committed(opened(), world.store)
    const next = async (): Promise<unknown[]> => {
      const [event, data] = (await lines?.read())?.value?.split('\n') ?? []
      return [event, JSON.parse(data?.replace(/^data: /, '') ?? '')]
    }
    expect(await next()).toMatchObject([
      'event: incident',
      { kind: 'incident', opened: true, incident: { level: 'high', count: 1 } },
    ])
    expect(await next()).toMatchObject([
      'event: alert',
      { kind: 'alert', opened: true, alert: { level: 'high', strategy: { id: 't1' } } },
    ])
    world.live.status(world.data.status())
    expect(await next()).toMatchObject(['event: status', { kind: 'status', status: { version: '1.2.3' } }])
    await lines?.cancel()
  })

  test('is for so many clients at a time, and a place becomes free', async () => {
    const headers = cli()
    const answers = await Promise.all(Array.from({ length: 32 }, () => send('/api/stream', { headers })))
    expect((await send('/api/stream', { headers })).status).toBe(503)
    expect((await send('/api/stream', { method: 'HEAD', headers })).status).toBe(200)
    await answers[0]?.body?.cancel()
    for (let n = 0; n < 3; n += 1) await send('/api/stream', { method: 'HEAD', headers })
    const next = await send('/api/stream', { headers })
    expect(next.status).toBe(200)
    await Promise.all([...answers.slice(1), next].map(async (answer) => answer.body?.cancel()))
  })

  test('hangs up on a client that does not read', async () => {
    const answer = await send('/api/stream', { headers: cli() })
    const batch = opened()
    const size = JSON.stringify(world.store.alert(batch.alerts[0]?.id ?? '')).length
    for (let n = 0; n < 1_500_000 / size; n += 1) world.live.committed(batch, world.store)
    const reader = answer.body?.getReader()
    expect((await reader?.read())?.done).toBe(true)
  })
})

interface Listening {
  readonly port: number
  readonly connections: () => Promise<number>
  readonly close: () => Promise<void>
}

const listening = (): Promise<Listening> =>
  new Promise((resolve) => {
    const server = serve(
      { fetch: world.api.fetch, hostname: '127.0.0.1', port: 0 },
      ({ port }: AddressInfo) => {
        world.hosts.push(`127.0.0.1:${port}`)
        resolve({
          port,
          connections: () => new Promise((counted) => server.getConnections((_, n) => counted(n))),
          close: () =>
            new Promise((closed) => {
              server.close(() => closed())
              if ('closeAllConnections' in server) server.closeAllConnections()
            }),
        })
      },
    )
  })

const ask = (port: number, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })

describe('through a real socket', () => {
  test('strangers, wrong names, logins and the command line are told apart', async () => {
    const { port, close } = await listening()
    try {
      const origin = `http://127.0.0.1:${port}`
      expect(await (await fetch(`${origin}/health`)).json()).toEqual({ status: 'ok' })
      expect((await fetch(`${origin}/api/alerts`)).status).toBe(401)
      expect(await ask(port, '/api/alerts', { ...cli(), host: 'evil.example' })).toBe(421)
      expect(await ask(port, '/api/alerts', cli())).toBe(200)
      expect(await ask(port, 'http://evil.example/api/alerts', {})).toBe(401)
      const link = world.auth.loginLink(origin)
      const answer = await fetch(link, { redirect: 'manual' })
      expect(answer.status).toBe(200)
      const headers = await credentialsOf(answer)
      expect((await fetch(`${origin}/api`, { headers })).status).toBe(200)
      expect((await fetch(`${origin}/api`, { headers: { cookie: headers.cookie } })).status).toBe(401)
      expect((await fetch(link, { redirect: 'manual' })).status).toBe(401)
      const stranger = await fetch(`${origin}/api/silences`, {
        method: 'POST',
        body: 'x'.repeat(5_000_000),
      }).catch(() => undefined)
      expect(stranger?.status ?? 401).toBe(401)
    } finally {
      await close()
    }
  })

  test('a client that goes away leaves its place to others', async () => {
    const { port, close } = await listening()
    try {
      for (let n = 0; n < 40; n += 1) {
        const leave = new AbortController()
        const answer = await fetch(`http://127.0.0.1:${port}/api/stream`, {
          headers: cli(),
          signal: leave.signal,
        })
        expect(answer.status).toBe(200)
        await answer.body?.getReader().read()
        leave.abort()
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    } finally {
      await close()
    }
  })

  test('a client that stops reading its live stream is cut off', async () => {
    const { port, close, connections } = await listening()
    const socket = connect(port, '127.0.0.1')
    try {
      const { authorization } = cli()
      socket.on('error', () => undefined)
      socket.write(
        `GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n\r\n`,
      )
      await new Promise((resolve) => socket.once('data', resolve))
      socket.pause()
      const finding = {
        id: 'f',
        kind: 'producer-loss',
        about: 'x',
        since: 0,
        until: 0,
        message: 'm'.repeat(100_000),
      } as const
      const batch = {
        input: 'i',
        alerts: [],
        unreadable: [],
        counters: world.store.totals(),
        findings: [finding],
      }
      for (let n = 0; n < 300; n += 1) {
        world.live.committed(batch, world.store)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await expect.poll(connections).toBe(0)
      let received = 0
      socket.on('data', (bytes) => void (received += bytes.length))
      socket.resume()
      await new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.once('close', resolve)))
      expect(received).toBeLessThan(20_000_000)
    } finally {
      socket.destroy()
      await close()
    }
  })
})
