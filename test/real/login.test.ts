import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect } from 'vitest'
import { browserTest, missingForBrowser, serveConsole, startBrowser, type TestBrowser } from './browser.ts'

let browser: TestBrowser | undefined

beforeAll(async () => {
  if (missingForBrowser().length === 0) browser = await startBrowser()
})
afterAll(() => browser?.close())

function chromium(): TestBrowser {
  if (browser === undefined) throw new Error('no browser')
  return browser
}

/** What a page is told when it asks with all that its origin keeps: the status of the answer. */
const ASKS = `(async () => {
  const kept = Object.values(localStorage).map((value) => /[\\w-]{43}/.exec(value)?.[0]).find(Boolean)
  const headers = kept === undefined ? {} : { 'X-Tallyman-Key': kept }
  return (await fetch('/api/status', { headers })).status
})()`

browserTest('a login link opens the console, once, and leaves no secret in the address', async () => {
  const served = serveConsole()
  try {
    const link = await served.loginLink()
    const console = await chromium().open(link)
    await console.page.waitForFunction("location.hash === ''")
    expect(new URL(console.page.url()).pathname).toBe('/')
    await expect.poll(() => console.page.evaluate(ASKS)).toBe(200)
    expect(await console.page.evaluate('document.cookie')).toBe('')

    // the same profile, another tab: the session is this origin's, not the tab's
    const tab = await chromium().open(new URL('/', link).href, { beside: console })
    expect(await tab.page.evaluate(ASKS)).toBe(200)

    const again = await chromium().open(link)
    await expect.poll(() => again.page.textContent('h1')).toContain('used already')
    expect(await again.page.context().cookies()).toEqual([])
    expect([...console.troubles(), ...tab.troubles()]).toEqual([])
  } finally {
    await served.stop()
  }
})

browserTest('another port of this host gets the cookie, and nothing with it', async () => {
  const served = serveConsole()
  let cookie = ''
  const thief = createServer((request, answer) => {
    cookie = request.headers.cookie ?? cookie
    answer.setHeader('content-type', 'text/html')
    answer.end('<!doctype html><title>another container</title>')
  })
  await new Promise<void>((listening) => thief.listen(0, '127.0.0.1', listening))
  try {
    const link = await served.loginLink()
    const console = await chromium().open(link)
    await expect.poll(() => console.page.evaluate(ASKS)).toBe(200)

    const { port } = thief.address() as AddressInfo
    const other = await chromium().open(`http://127.0.0.1:${port}/`, { beside: console })
    expect(cookie).toMatch(/^tallyman_session_\d+=[\w-]{43}$/)
    expect(await other.page.evaluate('Object.keys(localStorage)')).toEqual([])

    const url = await served.daemon.url()
    for (const path of ['/api/status', '/api/incidents', '/tour/api/incidents', '/api/stream']) {
      expect((await fetch(new URL(path, url), { headers: { cookie } })).status).toBe(401)
    }
    // nor can that page ask in the browser's name
    const asked = await other.page.evaluate(
      `fetch('${url}/api/status', { credentials: 'include' }).then(({ status }) => status, () => 'refused')`,
    )
    expect(asked).toBe('refused')
  } finally {
    thief.close()
    await served.stop()
  }
})

browserTest('nothing that a page asks of another host leaves the machine', async () => {
  const served = serveConsole()
  try {
    const console = await chromium().open(await served.loginLink())
    const outcome = await console.page.evaluate(
      "fetch('https://example.com/').then(() => 'answered', () => 'refused')",
    )
    expect(outcome).toBe('refused')
    await expect.poll(() => console.troubles()).toContain('policy: connect-src https://example.com/')
  } finally {
    await served.stop()
  }
})
