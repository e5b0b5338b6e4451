import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { appendPod, writeConsoleData } from '../console-data.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { httpReceiver } from '../receivers.ts'
import { accessible } from './accessible.ts'
import { browserOfFile } from './browser-of-file.ts'
import { browserTest, missingForBrowser, serveConsole, type ConsolePage } from './browser.ts'
import { missing, realTest, startDocker } from './engine.ts'
import { settled } from './settled.ts'

const chromium = browserOfFile()

interface Opened {
  readonly daemon: Daemon
  readonly console: ConsolePage
  readonly origin: string
  /** The audit log that the daemon follows. */
  readonly log: string
  readonly data: string
}

/** A daemon that has read so many created pods, and a page that is logged in; `more` is added to its configuration. */
async function withPods(pods: number, more: string, run: (opened: Opened) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-changes-'))
  const { config, log } = writeConsoleData(folder, { pods, until: Date.now() - 60_000 })
  const served = serveConsole(readFileSync(config, 'utf8') + more)
  try {
    const link = await served.loginLink()
    await settled(served.daemon, pods)
    const console = await chromium().open(link)
    await console.page.waitForSelector('[role=option]')
    await run({
      daemon: served.daemon,
      console,
      origin: new URL(link).origin,
      log,
      data: served.data,
    })
  } finally {
    await served.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface IncidentBody {
  readonly incident: { readonly id: string; readonly status: string; readonly label: string }
  readonly alerts: { readonly items: readonly { readonly status: string; readonly verdict?: string }[] }
}

/** An incident with at least two alerts. */
async function incidentOfSeveral(daemon: Daemon): Promise<string> {
  const { body } = await daemon.ask('/api/incidents?limit=500')
  const { items } = body as { items: { id: string; alerts: readonly unknown[] }[] }
  const found = items.find(({ alerts }) => alerts.length > 1)
  if (found === undefined) throw new Error('no incident has several alerts')
  return found.id
}

async function incidentOf(daemon: Daemon, id: string): Promise<IncidentBody> {
  return (await daemon.ask(`/api/incidents/${id}`)).body as IncidentBody
}

browserTest('one alert of several is closed, and what is typed is the note and no key', async () => {
  await withPods(20, '', async ({ daemon, console, origin }) => {
    const { page } = console
    const id = await incidentOfSeveral(daemon)
    await page.goto(`${origin}/incidents/${id}`)
    // the response is a key away, and only its own pane scrolls
    await console.press('r')
    await page.locator('#response li').first().waitFor()
    expect(await page.evaluate('document.scrollingElement.scrollTop')).toBe(0)
    await page.locator('article button:has-text("Verdict…")').first().click()
    await page.waitForSelector('form[aria-label=Verdict]')
    await console.press('3')
    await page.keyboard.type('2 hosts of the lab, off / on', { delay: 5 })
    expect(await page.inputValue('[aria-label=Note]')).toBe('2 hosts of the lab, off / on')
    expect(page.url()).toBe(`${origin}/incidents/${id}`)
    await console.press('Enter')
    const judged = await eventually(async () => {
      const { alerts } = await incidentOf(daemon, id)
      return alerts.items.some(({ status }) => status === 'closed') ? alerts.items : undefined
    })
    expect(judged.filter(({ status }) => status === 'closed')).toMatchObject([{ verdict: 'benign' }])
    expect((await incidentOf(daemon, id)).incident.status).toBe('open')
    expect(JSON.stringify((await daemon.ask('/api/audit')).body)).toContain('2 hosts of the lab, off / on')
    expect(console.troubles()).toEqual([])
  })
})

browserTest(
  'an alert is silenced from the console: what it says is held back, and nothing else',
  async () => {
    await withPods(20, '', async ({ daemon, console, origin, log }) => {
      const { page } = console
      const now = Date.now()
      appendPod(log, 900, now, 'noisy')
      const noisy = await eventually(async () => {
        const { body } = await daemon.ask('/api/incidents?entity=noisy')
        return (body as { items: { id: string }[] }).items[0]?.id
      })
      await page.goto(`${origin}/incidents/${noisy}`)
      await page.waitForSelector('article')
      await console.press('m')
      const form = page.locator('form[aria-label=Silence]')
      await form.waitFor()
      await page.locator('[aria-label=Rule], label:has-text("Rule") select').first().selectOption('')
      await page.fill('label:has-text("Owner") input', 'platform')
      await page.fill('label:has-text("Reason") input', 'known roll-out')
      await page.fill('label:has-text("For (") input', 'ever')
      await accessible(page)
      await form.locator('button:has-text("Silence it")').click()
      // the API’s refusal and its mend
      await form.locator('[role=alert]:has-text("52w")').waitFor()
      await page.fill('label:has-text("For (") input', '2h')
      expect(await form.textContent()).toMatch(
        /Holds back every rule where k8s\.namespace\.name is .+ until 2/,
      )
      await form.locator('button:has-text("Silence it")').click()
      await page.waitForSelector('[role=status]:has-text("Silenced until")')

      const { body } = await daemon.ask('/api/silences')
      const [silence] = (body as { items: readonly object[] }).items
      expect(silence).toMatchObject({ owner: 'platform', reason: 'known roll-out', active: true })
      // hours later it happens to both: the one is held back and counted
      const before = (await daemon.ask('/api/totals')).body as { evaluated: number; alerts: number }
      appendPod(log, 900 + 420, now, 'noisy')
      appendPod(log, 901, now, 'heard')
      await settled(daemon, before.evaluated + 2)
      const { items } = (await daemon.ask('/api/incidents?entity=heard')).body as { items: unknown[] }
      expect(items).toHaveLength(1)
      const after = (await daemon.ask('/api/totals')).body as { suppressed: Readonly<Record<string, number>> }
      expect(Object.keys(after.suppressed).some((id) => id.startsWith('silence-'))).toBe(true)
      await page.goto(`${origin}/silences`)
      await page.waitForSelector('text=known roll-out')
      // the browser notes what the API refused
      expect(console.troubles().filter((each) => !each.includes('400'))).toEqual([])
    })
  },
)

realTest(
  'the posture report of a real first start is adopted with the keyboard',
  async () => {
    const engine = await startDocker()
    try {
      for (const name of ['legacy-a', 'legacy-b'])
        await engine.docker('run', '-d', '--privileged', '--name', name, 'test/busybox:1', 'sleep', '1000')
      const served = serveConsole(`inputs: [{ type: docker, name: docker, socket: ${engine.socket} }]\n`)
      try {
        const console = await chromium().open(await served.loginLink())
        const { page } = console
        const report = (): Promise<{ items: readonly { status: string; verdict?: string }[] }> =>
          served.daemon.ask('/api/posture').then(({ body }) => body as never)
        await eventually(
          async () => ((await report()).items.length >= 2 ? true : undefined),
          60_000,
          'the report',
        )
        await settled(served.daemon, 2)
        await page.waitForSelector('nav')
        await console.press('g', 'p')
        await page.waitForSelector('h2:has-text("legacy-b")')
        const found = (await report()).items.length
        // one, by hand; its filter is for the image on this host
        await console.press('j', ' ', 'a')
        const form = page.locator('form[aria-label=Adopt]')
        await form.waitFor()
        expect(await form.locator('input[type=date]').inputValue()).toMatch(/^2\d{3}-\d{2}-\d{2}$/)
        await page.fill('label:has-text("Owner") input', 'platform')
        await page.fill('label:has-text("Reason") input', 'there before')
        await form.locator('input[type=date]').fill('2020-01-01')
        // past days are refused before anything is asked
        await form.locator('button:has-text("Adopt 1")').click()
        expect(await form.locator('input:invalid').count()).toBe(1)
        await form.locator('input[type=date]').fill('2099-01-01')
        await accessible(page)
        await console.press('Enter')
        await page.waitForSelector('[role=status]:has-text("1 filter written")')
        expect((await report()).items.filter(({ verdict }) => verdict === 'benign')).toHaveLength(1)
        // the rest
        await page.locator('h1').click()
        await console.press('Shift+A', 'a')
        await page.fill('label:has-text("Reason") input', 'there before')
        await form.locator(`button:has-text("Adopt ${found - 1}")`).click()
        await page.waitForSelector(`[role=status]:has-text("${found - 1} filter")`)
        expect((await report()).items.every(({ status }) => status === 'closed')).toBe(true)
        await accessible(page)
        expect(console.troubles()).toEqual([])
      } finally {
        await served.stop()
      }
    } finally {
      await engine.stop()
    }
  },
  { timeout: 240_000, lacking: [...missing(), ...missingForBrowser()] },
)

browserTest('letters that were refused are sent again or dismissed; what waits is shown', async () => {
  let refuses = true
  await using refusing = await httpReceiver(() => (refuses ? 400 : 204))
  await using busy = await httpReceiver(() => 500)
  const sink = (name: string, port: number): string =>
    `  - { type: webhook, name: ${name}, url: 'http://127.0.0.1:${port}/', level: medium, digest: { over: 1000 } }\n`
  const notify = `notify:\n${sink('refusing', refusing.port)}${sink('busy', busy.port)}`
  await withPods(12, notify, async ({ daemon, console, origin, log }) => {
    // The first start tells of nothing old; these happen now.
    for (let n = 0; n < 6; n += 1) appendPod(log, 700 + n, Date.now(), `now-${n}`)
    await settled(daemon, 18)
    const summary = async (name: string) => {
      const { body } = await daemon.ask('/api/notifications/summary')
      const { items } = body as {
        items: readonly { sink: string; dead: number; pending: number; delivered: number }[]
      }
      return items.find((each) => each.sink === name)
    }
    const dead = await eventually(
      async () => {
        const [refused, waiting] = [await summary('refusing'), await summary('busy')]
        return refused?.pending === 0 && refused.dead >= 3 && (waiting?.pending ?? 0) > 0
          ? refused.dead
          : undefined
      },
      60_000,
      'dead letters',
    )
    const { page } = console
    await page.goto(`${origin}/notifications`)
    await page.click('button:has-text("pending")')
    await page.waitForSelector('tr:has-text("busy"):has-text("500")')
    await page.click('button:has-text("not delivered")')
    await page.waitForSelector('tr:has-text("refusing"):has-text("400")')
    await accessible(page)

    await page.locator('button:has-text("Dismiss")').first().click()
    await expect.poll(async () => (await summary('refusing'))?.dead).toBe(dead - 1)
    refuses = false
    await page.locator('table button:text-is("Send again")').first().click()
    await expect.poll(async () => (await summary('refusing'))?.dead).toBe(dead - 2)
    await page.locator(`button:has-text("again"):has-text("all")`).click()
    await expect.poll(async () => (await summary('refusing'))?.dead, { timeout: 20_000 }).toBe(0)
    await expect.poll(async () => (await summary('refusing'))?.delivered, { timeout: 20_000 }).toBe(dead - 1)
    expect(console.troubles()).toEqual([])
  })
})

browserTest(
  'a daemon that was started again: says how to log in, which leads back to where one was',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-again-'))
    const { config } = writeConsoleData(folder, { pods: 5, until: Date.now() - 60_000 })
    const data = join(folder, 'data')
    let daemon = startDaemon(data, config)
    const link = (): Promise<string> =>
      eventually(
        () => /open (http\S+\/login\?token=\S+)/.exec(daemon.printed())?.[1],
        30_000,
        'the login link',
      )
    try {
      const first = await link()
      const { port } = new URL(first)
      const console = await chromium().open(first)
      const { page } = console
      await page.waitForSelector('text=Live')
      await page.goto(new URL('/strategies?from=here', first).href)
      await page.waitForSelector('main h1')
      await daemon.kill('SIGTERM')
      daemon = startDaemon(data, config, ['--port', port])
      await page.waitForSelector('text=tallyman login', { timeout: 60_000 })
      // the link opens another tab; both are where the reader was
      const tab = await chromium().open(await link(), { beside: console })
      await tab.page.waitForURL('**/strategies?from=here')
      await tab.page.waitForSelector('h1:has-text("Strategies")')
      await page.waitForSelector('h1:has-text("Strategies")')
      expect(new URL(page.url()).search).toBe('?from=here')
    } finally {
      await daemon.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
