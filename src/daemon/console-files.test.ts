import { Hono } from 'hono'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { consoleFiles, readConsole } from './console-files.ts'
import { secureHeaders } from './guard.ts'

const PAGE = '<!doctype html><title>Tallyman</title>'
const SCRIPT = 'console.log("tallyman")\n'.repeat(200)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-console-'))
  mkdirSync(join(folder, 'dist', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.json'), '{}')
  writeFileSync(join(folder, 'dist', 'index.html'), PAGE)
  writeFileSync(join(folder, 'dist', 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(folder, 'dist', 'assets', 'index-Dk2_aX9z.js'), SCRIPT)
  writeFileSync(join(folder, 'dist', 'assets', 'index-Dk2_aX9z.js.map'), '{}')
  symlinkSync(join(folder, 'secret.json'), join(folder, 'dist', 'link.json'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return new Hono()
    .use(secureHeaders)
    .use(consoleFiles(readConsole(join(folder, 'dist'))))
    .all('*', (context) => context.json({ error: 'not logged in' }, 401))
    .request(path, { headers, method })
}

const AS_BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test.each(['/', '/incidents/0a1b', '/strategies/t1600-weaken-encryption?tab=rules'])(
  'a browser gets the page at %s, never kept, under a policy that runs nothing else',
  async (path) => {
    const answer = await ask(path, AS_BROWSER)
    expect([answer.status, await answer.text()]).toEqual([200, PAGE])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    })
  },
)

test('what is hashed by name is kept for good, the rest is asked for again', async () => {
  const script = await ask('/assets/index-Dk2_aX9z.js')
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toBe('private, max-age=31536000, immutable')
  const mark = await ask('/mark.svg')
  expect([mark.headers.get('content-type'), mark.headers.get('cache-control')]).toEqual([
    'image/svg+xml',
    'no-cache',
  ])
  const again = await ask('/mark.svg', { 'if-none-match': mark.headers.get('etag') ?? '' })
  expect([again.status, await again.text()]).toEqual([304, ''])
  expect((await ask('/mark.svg', { 'if-none-match': 'W/"other"' })).status).toBe(200)
})

test('what can be compressed is, for who takes it', async () => {
  const path = '/assets/index-Dk2_aX9z.js'
  const br = await ask(path, { 'accept-encoding': 'gzip, deflate, br' })
  expect([br.headers.get('content-encoding'), br.headers.get('vary')]).toEqual(['br', 'Accept-Encoding'])
  expect(brotliDecompressSync(await br.arrayBuffer()).toString()).toBe(SCRIPT)
  const gz = await ask(path, { 'accept-encoding': 'gzip, br;q=0' })
  expect(gunzipSync(await gz.arrayBuffer()).toString()).toBe(SCRIPT)
  const plain = await ask(path)
  expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, SCRIPT])
})

test.each([
  '/assets/../../secret.json',
  '/assets/%2e%2e/%2e%2e/secret.json',
  '/..%2fsecret.json',
  '/secret.json',
  '/link.json',
  '/assets',
  '/assets/',
  '/assets/index-Dk2_aX9z.js.map',
  '/assets/index-Dk2_aX9z.js%00.html',
  '//assets/index-Dk2_aX9z.js',
  '/index.html',
  '/api',
  '/api/alerts',
  '/tour/api/alerts',
  '/login',
])('%s is no file', async (path) => {
  expect((await ask(path)).status).toBe(401)
})

test.each(['/api', '/api/alerts', '/tour/api/alerts', '/login?token=x', '/health/x'])(
  'a browser gets no page for %s',
  async (path) => {
    expect((await ask(path, AS_BROWSER)).status).toBe(401)
  },
)

test('files are read, not written', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    expect((await ask('/', AS_BROWSER, method)).status).toBe(401)
  }
  const head = await ask('/', AS_BROWSER, 'HEAD')
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test.each([
  ['there is no folder', () => rmSync(join(folder, 'dist'), { recursive: true })],
  ['there is no page', () => rmSync(join(folder, 'dist', 'index.html'))],
  [
    'there is a file in the place of the folder',
    () => {
      rmSync(join(folder, 'dist'), { recursive: true })
      writeFileSync(join(folder, 'dist'), '')
    },
  ],
  ['it is far too large', () => writeFileSync(join(folder, 'dist', 'big.txt'), Buffer.alloc(33 * 1_048_576))],
])('says how to build the console where %s', async (_what, spoil) => {
  spoil()
  const answer = await ask('/', AS_BROWSER)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/html; charset=UTF-8'])
  expect(await answer.text()).toContain('npm start')
  expect((await ask('/assets/index-Dk2_aX9z.js')).status).toBe(401)
})
