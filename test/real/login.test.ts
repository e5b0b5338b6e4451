import { readdirSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { browserOfFile } from './browser-of-file.ts'
import { browserTest, serveConsole, type ConsolePage } from './browser.ts'

const chromium = browserOfFile()

const BUILT = resolve(import.meta.dirname, '../../web/dist')

/** What a page is told when it asks with all that its origin keeps: the status of the answer. */
const ASKS = `(async () => {
  const kept = Object.values(localStorage).map((value) => /[\\w-]{43}/.exec(value)?.[0]).find(Boolean)
  const headers = kept === undefined ? {} : { 'X-Tallyman-Key': kept }
  return (await fetch('/api/status', { headers })).status
})()`

interface Elsewhere {
  readonly port: number
  close(): void
}

/** Somebody else's page, on a port of its own: another origin, and as `localhost` another site. */
async function serveElsewhere(
  page: string,
  asked: (request: IncomingMessage) => void = () => {},
): Promise<Elsewhere> {
  const server = createServer((request, answer) => {
    asked(request)
    answer.setHeader('content-type', 'text/html')
    answer.end(page)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return { port, close: () => void server.close() }
}

/** Follows a link of somebody else's page, as from a chat or a mail in the browser; `site` is that page's. */
async function follow(
  link: string,
  site: '127.0.0.1' | 'localhost',
  beside?: ConsolePage,
): Promise<ConsolePage> {
  const chat = await serveElsewhere(`<!doctype html><title>chat</title><a href="${link}">look</a>`)
  try {
    const console = await chromium().open(
      `http://${site}:${chat.port}/`,
      beside === undefined ? {} : { beside },
    )
    await console.page.click('text=look')
    return console
  } finally {
    chat.close()
  }
}

/** The statuses that the daemon answered a page with, as they come. */
function statusesOf({ page }: ConsolePage, host: string): readonly number[] {
  const statuses: number[] = []
  page.on('response', (answer) => {
    if (new URL(answer.url()).host === host && answer.request().isNavigationRequest())
      statuses.push(answer.status())
  })
  return statuses
}

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
  const thief = await serveElsewhere('<!doctype html><title>another container</title>', (request) => {
    cookie = request.headers.cookie ?? cookie
  })
  try {
    const link = await served.loginLink()
    const console = await chromium().open(link)
    await expect.poll(() => console.page.evaluate(ASKS)).toBe(200)

    const other = await chromium().open(`http://127.0.0.1:${thief.port}/`, { beside: console })
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

for (const site of ['127.0.0.1', 'localhost'] as const) {
  browserTest(`a login link on a page of another origin opens the console, from ${site}`, async () => {
    const served = serveConsole()
    try {
      const link = await served.loginLink()
      const { page } = await follow(link, site)
      await page.waitForSelector('#console nav')
      await page.waitForSelector('text=Live')
      expect(page.url()).toBe(new URL('/', link).href)
      expect(await page.evaluate(ASKS)).toBe(200)
      // neither the page that led here nor the key is where one gets to with the browser's arrow
      await page.goBack()
      expect(new URL(page.url()).hostname).toBe(site)
    } finally {
      await served.stop()
    }
  })
}

browserTest(
  'the link of a notification opens the console from another site, where one is logged in',
  async () => {
    const served = serveConsole()
    try {
      const link = await served.loginLink()
      const console = await chromium().open(link)
      const place = new URL('/strategies?from=mail', link).href
      const { page } = await follow(place, 'localhost', console)
      await page.waitForSelector('h1:has-text("Strategies")')
      expect(page.url()).toBe(place)
      await page.reload()
      await page.waitForSelector('h1:has-text("Strategies")')
    } finally {
      await served.stop()
    }
  },
)

browserTest(
  'a stranger is told how to log in, wherever they come from, and the login leads there',
  async () => {
    const served = serveConsole()
    try {
      const link = await served.loginLink()
      const place = new URL('/strategies?from=mail', link).href
      const stranger = await follow(place, 'localhost')
      const { page } = stranger
      await page.waitForSelector('h1:has-text("Not logged in")')
      const statuses = statusesOf(stranger, new URL(link).host)
      await page.waitForTimeout(1_500)
      // asked once more, not for ever
      expect(statuses.length).toBeLessThanOrEqual(1)
      expect(await page.textContent('pre')).toBe('tallyman login')
      expect(await page.locator('script[src], link, img').count()).toBe(0)
      expect(stranger.troubles().filter((each) => each.startsWith('policy'))).toEqual([])
      await page.reload()
      await page.waitForSelector('h1:has-text("Not logged in")')

      const tab = await chromium().open(link, { beside: stranger })
      await tab.page.waitForSelector('h1:has-text("Strategies")')
      expect(tab.page.url()).toBe(place)
      // and the page that waited has followed
      await page.waitForSelector('h1:has-text("Strategies")')
      expect(page.url()).toBe(place)
    } finally {
      await served.stop()
    }
  },
)

browserTest(
  'a session that ended is told of wherever one goes, and after loading the page anew',
  async () => {
    const served = serveConsole()
    try {
      const link = await served.loginLink()
      const console = await chromium().open(link)
      const { page } = console
      await page.waitForSelector('text=Live')
      await console.press('g', 's')
      await page.waitForSelector('h1:has-text("Strategies")')
      // as another tab does, or twelve hours
      await page.context().clearCookies()
      // what is not loaded yet is refused, and no empty page is left
      await page.locator('main a[href^="/strategies/"]').first().click()
      await page.waitForSelector('h1:has-text("Not logged in")')
      expect(await page.textContent('pre')).toBe('tallyman login')
      await page.reload()
      await page.waitForSelector('h1:has-text("Not logged in")')
      expect(await page.locator('#console').count()).toBe(0)
    } finally {
      await served.stop()
    }
  },
)

browserTest('the files of the console are for who is logged in', async () => {
  const served = serveConsole()
  try {
    const link = await served.loginLink()
    const files = readdirSync(BUILT, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile() && !each.name.startsWith('.'))
      .map((each) => join(each.parentPath, each.name).slice(BUILT.length))
    expect(files).toContain('/index.html')
    const statuses = (headers: Record<string, string>): Promise<number[]> =>
      Promise.all(
        ['/', ...files.filter((file) => file !== '/index.html')].map(
          async (path) => (await fetch(new URL(path, link), { headers })).status,
        ),
      )
    expect(new Set(await statuses({}))).toEqual(new Set([401]))
    const cookie = (await fetch(link)).headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(new Set(await statuses({ cookie }))).toEqual(new Set([200]))
  } finally {
    await served.stop()
  }
})
