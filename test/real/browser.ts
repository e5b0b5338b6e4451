import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { TestContext } from 'vitest'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest } from './engine.ts'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']
const BUILT = resolve(import.meta.dirname, '../../web/dist/index.html')

/** What a test in a real browser needs and this machine lacks: Debian packages, or the built console. */
export function missingForBrowser(): readonly string[] {
  const browser = programOnPath() === undefined ? ['chromium'] : []
  return existsSync(BUILT) ? browser : [...browser, 'the built console (node scripts/setup.mjs)']
}

/** `it` for tests in a real browser; skipped and required as those with a real engine. */
export function browserTest(
  name: string,
  run: (context: TestContext) => Promise<void>,
  { timeout = 120_000 }: { readonly timeout?: number } = {},
): void {
  realTest(name, run, { timeout, lacking: missingForBrowser() })
}

/** A page of the console, and what went wrong in it. */
export interface ConsolePage {
  readonly page: Page
  /**
   * Errors and warnings of the browser's console, exceptions, breaches of the content security policy, and
   * requests to anything but the daemon. A page that works has none.
   */
  troubles(): readonly string[]
  /** What the keyboard does: one key after the other, as Playwright names them. */
  press(...keys: readonly string[]): Promise<void>
  /** What the person's system prefers. */
  prefer(scheme: 'light' | 'dark'): Promise<void>
  resize(width: number, height: number): Promise<void>
}

/** A real Chromium. Whatever it asks of another host fails before it leaves the machine. */
export interface TestBrowser {
  /** A page in a profile of its own: cookies and storage are shared with `beside` where that is given. */
  open(
    url: string,
    options?: { readonly beside?: ConsolePage; readonly context?: BrowserContextOptions },
  ): Promise<ConsolePage>
  close(): Promise<void>
}

export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = programOnPath()
  if (executablePath === undefined) throw new Error(`no ${PROGRAMS.join(', ')} on the PATH`)
  const browser = await chromium.launch({
    executablePath,
    args: [
      // root has no sandbox to enter; what is opened are our own pages
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
      '--disable-dev-shm-usage',
    ],
  })
  return {
    open: (url, { beside, context } = {}) => open(browser, url, beside, context),
    close: () => browser.close(),
  }
}

async function open(
  browser: Browser,
  url: string,
  beside: ConsolePage | undefined,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const context =
    beside?.page.context() ??
    (await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options }))
  const page = await context.newPage()
  const troubles: string[] = []
  const { host } = new URL(url)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      troubles.push(`${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => troubles.push(`exception: ${error.stack ?? error.message}`))
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.protocol !== 'data:' && to.host !== host) troubles.push(`request to ${to.host}: ${request.url()}`)
  })
  // As the page sees it: a breach is told also where the console's own message about it is lost.
  await page.exposeFunction('__breach', (what: string) => void troubles.push(`policy: ${what}`))
  await page.addInitScript(`addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    __breach(effectiveDirective + ' ' + blockedURI))`)
  const answer = await page.goto(url)
  // what answers a login link leads on by itself, and the console takes the key out of the address
  if (new URL(url).pathname === '/login' && answer?.ok() === true)
    await page.waitForURL(({ pathname, hash }) => pathname !== '/login' && hash === '')
  return {
    page,
    troubles: () => [...troubles],
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key)
    },
    prefer: (colorScheme) => page.emulateMedia({ colorScheme }),
    resize: (width, height) => page.setViewportSize({ width, height }),
  }
}

/** A daemon with data and a configuration of its own in a temporary folder, for a browser to open. */
export interface ServedConsole {
  readonly daemon: Daemon
  readonly data: string
  /** The login link that the daemon printed; works once. */
  loginLink(): Promise<string>
  stop(): Promise<void>
}

/** `inputs` are those of `tallyman.yaml`, as YAML; without any it reads a file that is empty. */
export function serveConsole(inputs?: string): ServedConsole {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-browser-'))
  const [data, config, empty] = [
    join(folder, 'data'),
    join(folder, 'tallyman.yaml'),
    join(folder, 'empty.log'),
  ]
  writeFileSync(empty, '')
  writeFileSync(config, inputs ?? `inputs: [{type: file, name: empty, paths: [${empty}]}]\n`)
  const daemon = startDaemon(data, config)
  return {
    daemon,
    data,
    loginLink: () =>
      eventually(
        () => /open (http\S+\/login\?token=\S+)/.exec(daemon.printed())?.[1],
        30_000,
        'the login link',
      ),
    async stop() {
      await daemon.kill('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function programOnPath(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => PROGRAMS.map((program) => join(folder, program)))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
