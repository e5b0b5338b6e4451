import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import type { CoverageReport } from '../../src/coverage-report.ts'
import { writeConsoleData } from '../console-data.ts'
import { eventually } from '../daemon.ts'
import { writeSensorStory } from '../sensor-story.ts'
import { accessible } from './accessible.ts'
import { browserTest, missingForBrowser, serveConsole, startBrowser, type TestBrowser } from './browser.ts'
import { settled } from './settled.ts'

let browser: TestBrowser | undefined
beforeAll(async () => {
  if (missingForBrowser().length === 0) browser = await startBrowser()
})
afterAll(() => browser?.close())

browserTest(
  'the page on coverage shows each strategy, what it lacks and what arrives, narrow and wide, light and dark',
  async () => {
    if (browser === undefined) throw new Error('no browser')
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-coverage-page-'))
    const { config } = writeConsoleData(folder, { pods: 4, hostile: true, until: Date.now() - 60_000 })
    const served = serveConsole(readFileSync(config, 'utf8') + writeSensorStory(folder, Date.now() - 600_000))
    try {
      const link = await served.loginLink()
      await settled(served.daemon, 12)
      await eventually(
        async () => {
          const { body } = await served.daemon.ask('/api/coverage')
          return (body as CoverageReport).strategies.some(({ state }) => state === 'blind') ? true : undefined
        },
        90_000,
        'the first judgement',
      )
      const console = await browser.open(link)
      const { page } = console
      await page.waitForSelector('#console nav')
      await console.press('g', 'c')
      await page.waitForURL('**/coverage')
      await page.waitForSelector('li li:has-text("no record of zeek.ssl ever arrived")')
      await page.waitForSelector('th:has-text("kubernetes.audit")')
      expect(await page.locator('[data-state=blind]').count()).toBeGreaterThan(0)
      for (const scheme of ['light', 'dark'] as const) {
        await console.prefer(scheme)
        for (const width of [360, 1280, 1920]) {
          await console.resize(width, 900)
          await accessible(page)
          const over = await page.evaluate(
            'document.documentElement.scrollWidth > document.documentElement.clientWidth',
          )
          expect(over, `${width} ${scheme}`).toBe(false)
          const to = process.env['TALLYMAN_SCREENS']
          if (to !== undefined)
            await page.screenshot({ path: join(to, `coverage-${width}-${scheme}.png`), fullPage: true })
        }
      }
      const href = (await page.locator('a[download]').getAttribute('href')) ?? ''
      const layer = JSON.parse(
        decodeURIComponent(href.slice(href.indexOf(',') + 1)),
      ) as CoverageReport['layer']
      expect(layer.versions.layer).toBe('4.5')
      expect(console.troubles()).toEqual([])
    } finally {
      await served.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 240_000 },
)
