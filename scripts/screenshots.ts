// Makes docs/screens/: the console's pages as they are, in Chromium, on what the engine finds in made-up records.
// usage: bin/tallyman-node scripts/screenshots.ts [PAGE...]   (needs chromium)
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { addAgent, startAgent, type AgentProcess } from '../test/agent-process.ts'
import { writeBaselineStory } from '../test/baseline-story.ts'
import { writeConsoleData } from '../test/console-data.ts'
import { eventually } from '../test/daemon.ts'
import { serveConsole, startBrowser, type ServedConsole } from '../test/real/browser.ts'
import { settled } from '../test/real/settled.ts'
import { writeSensorStory } from '../test/sensor-story.ts'
import { withPalette } from './png-palette.ts'

const ROOT = resolve(import.meta.dirname, '..')
const SCREENS = process.env['TALLYMAN_SCREENS'] ?? join(ROOT, 'docs', 'screens')
const SIZES = [
  [360, 740],
  [1280, 800],
  [1920, 1000],
] as const
const PODS = 900

/** One page as it is shown: where it is, and what is done until it shows what it is shown for. */
interface Screen {
  readonly name: string
  readonly path: string
  readonly ready: (page: Page) => Promise<void>
}

const folder = mkdtempSync(join(tmpdir(), 'tallyman-screens-'))
const now = Date.now()
const story = writeBaselineStory(folder, now - 90_000)
const { config } = writeConsoleData(folder, { pods: PODS, until: now - 90_000 })
const served = serveConsole(
  [
    story.rules,
    readFileSync(config, 'utf8'),
    '  - { type: agents, name: machines, port: 0 }\n',
    writeSensorStory(folder, now - 600_000),
    story.inputs,
  ].join(''),
)
const browser = await startBrowser()
let agent: AgentProcess | undefined
try {
  const link = await served.loginLink()
  await settled(served.daemon, PODS + 8 + story.described)
  await settled(served.daemon, PODS + 8 + story.tell())
  agent = await startAgents(served)
  const screens = await screensOf(served)
  const console = await browser.open(link)
  const { page } = console
  await page.waitForSelector('[role=option]')
  const { origin } = new URL(link)
  mkdirSync(SCREENS, { recursive: true })
  for (const theme of ['light', 'dark'] as const) {
    await console.prefer(theme)
    for (const [width, height] of SIZES) {
      await console.resize(width, height)
      for (const { name, path, ready } of screens) {
        await page.goto(origin + path)
        await ready(page)
        await page.locator('main:has-text("Loading…")').waitFor({ state: 'detached' })
        // a canvas is drawn in the frame after its data
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
        writeFileSync(join(SCREENS, `${name}-${width}-${theme}.png`), withPalette(await page.screenshot()))
      }
    }
  }
} finally {
  await browser.close()
  await agent?.kill('SIGTERM')
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** One that sends, and one that was never heard. */
async function startAgents({ daemon, data }: ServedConsole): Promise<AgentProcess> {
  const to = await eventually(() => /agents?.* at (http\S+)/.exec(daemon.printed())?.[1], 20_000, 'the hub')
  const own = join(folder, 'agent')
  const log = join(folder, 'edge.log')
  writeFileSync(log, '')
  addAgent(data, own, 'edge-1')
  addAgent(data, join(folder, 'never'), 'edge-2')
  const file = join(own, 'tallyman.yaml')
  writeFileSync(file, `inputs: [{ type: file, name: audit, paths: [${JSON.stringify(log)}] }]\n`)
  const started = startAgent({ data: own, config: file, to })
  await eventually(
    async () => {
      const { body } = await daemon.ask('/api/status')
      const { inputs } = body as { inputs: readonly { agents?: readonly { contact?: string }[] }[] }
      return inputs.some(({ agents = [] }) => agents.some(({ contact }) => contact !== undefined))
        ? true
        : undefined
    },
    60_000,
    'the agent',
  )
  return started
}

async function screensOf({ daemon }: ServedConsole): Promise<readonly Screen[]> {
  const incidentOf = async (title: string): Promise<string> =>
    eventually(
      async () => {
        const { body } = await daemon.ask('/api/alerts?limit=500&text=' + encodeURIComponent(title))
        return (body as { items: readonly { incident: string }[] }).items[0]?.incident
      },
      60_000,
      `an alert: ${title}`,
    )
  const { body } = await daemon.ask('/api/incidents?entity=maintenance')
  const incident = (body as { items: readonly { id: string }[] }).items[0]?.id ?? ''
  const unusual = await incidentOf('by the hundred')
  await incidentOf('more processor time')
  const key = (rule: string, ...values: readonly string[]): string =>
    `/baselines/key?${new URLSearchParams({ rule, key: JSON.stringify(values) }).toString()}`
  const workload = 'container.image.name registry.example/shop/web'
  const seen =
    (selector: string) =>
    async (page: Page): Promise<void> => {
      await page.locator(selector).first().waitFor()
    }
  const scrolledTo =
    (selector: string) =>
    async (page: Page): Promise<void> => {
      const found = page.locator(selector).first()
      await found.waitFor()
      await found.evaluate((element) => element.scrollIntoView({ block: 'center' }))
    }
  const all: readonly Screen[] = [
    { name: 'queue', path: '/', ready: seen('[role=option]') },
    { name: 'incident', path: `/incidents/${incident}`, ready: seen('article') },
    { name: 'strategy', path: '/strategies/t1600-weaken-encryption', ready: seen('h2') },
    { name: 'inputs', path: '/inputs', ready: seen('main table') },
    { name: 'agents', path: '/inputs', ready: scrolledTo('[aria-label=Agents]') },
    { name: 'containers', path: '/inputs', ready: scrolledTo('[aria-label^="Containers,"]') },
    { name: 'coverage', path: '/coverage', ready: seen('main table') },
    { name: 'baselines', path: '/baselines', ready: seen('main table') },
    { name: 'key', path: key('cpu_spike', workload), ready: seen('canvas') },
    { name: 'values', path: key('program_new', workload), ready: seen('main table') },
    { name: 'learned', path: `/baselines/about?incident=${unusual}`, ready: seen('main table') },
    {
      name: 'unusual',
      path: `/incidents/${unusual}`,
      async ready(page) {
        await scrolledTo('article:has-text("more processor time")')(page)
        await scrolledTo('article [aria-label^="What was learned"] canvas')(page)
      },
    },
    {
      name: 'correlation',
      path: `/incidents/${unusual}`,
      async ready(page) {
        const lanes = page.locator('article [role=slider][aria-label^="Events of"]').first()
        await lanes.waitFor()
        await lanes.focus()
        for (let n = 0; n < 8; n += 1) await page.keyboard.press('ArrowRight')
        await scrolledTo('article [role=slider][aria-label^="Events of"]')(page)
      },
    },
  ]
  const wanted = process.argv.slice(2)
  return wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))
}
