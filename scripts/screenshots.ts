// Makes docs/screens/: the console's pages as they are, in Chromium, on what the engine finds in made-up records.
// usage: bin/tallyman-node scripts/screenshots.ts   (needs chromium)
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeConsoleData } from '../test/console-data.ts'
import { writeSensorStory } from '../test/sensor-story.ts'
import { serveConsole, startBrowser } from '../test/real/browser.ts'
import { settled } from '../test/real/settled.ts'
import { withPalette } from './png-palette.ts'

const ROOT = resolve(import.meta.dirname, '..')
const SCREENS = join(ROOT, 'docs', 'screens')
const SIZES = [
  [360, 740],
  [1280, 800],
  [1920, 1000],
] as const
const PODS = 900

const folder = mkdtempSync(join(tmpdir(), 'tallyman-screens-'))
const { config } = writeConsoleData(folder, { pods: PODS, until: Date.now() - 90_000 })
const served = serveConsole(readFileSync(config, 'utf8') + writeSensorStory(folder, Date.now() - 600_000))
const browser = await startBrowser()
try {
  const link = await served.loginLink()
  await settled(served.daemon, PODS + 8)
  const { body } = await served.daemon.ask('/api/incidents?entity=maintenance')
  const incident = (body as { items: readonly { id: string }[] }).items[0]?.id ?? ''
  const console = await browser.open(link)
  const { page } = console
  await page.waitForSelector('[role=option]')
  const { origin } = new URL(link)
  mkdirSync(SCREENS, { recursive: true })
  for (const theme of ['light', 'dark'] as const) {
    await console.prefer(theme)
    for (const [width, height] of SIZES) {
      await console.resize(width, height)
      for (const [name, path] of [
        ['queue', '/'],
        ['incident', `/incidents/${incident}`],
        ['strategy', '/strategies/t1600-weaken-encryption'],
        ['inputs', '/inputs'],
      ] as const) {
        await page.goto(origin + path)
        await page.waitForSelector(path.length === 1 ? '[role=option]' : 'article, h2')
        await page.waitForTimeout(1_200)
        writeFileSync(join(SCREENS, `${name}-${width}-${theme}.png`), withPalette(await page.screenshot()))
      }
    }
  }
} finally {
  await browser.close()
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
}
