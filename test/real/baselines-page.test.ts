import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { HOSTILE_IMAGE, UNUSUAL, writeBaselineStory } from '../baseline-story.ts'
import { eventually } from '../daemon.ts'
import { accessible } from './accessible.ts'
import { browserOfFile } from './browser-of-file.ts'
import {
  browserTest,
  missingForBrowser,
  serveConsole,
  type ConsolePage,
  type ServedConsole,
} from './browser.ts'

const chromium = browserOfFile()
const folder = mkdtempSync(join(tmpdir(), 'tallyman-baselines-page-'))
const WORKLOAD = 'container.image.name registry.example/shop/web'

interface Alert {
  readonly id: string
  readonly incident: string
  readonly rule: { readonly title: string }
}

let served: ServedConsole
let console: ConsolePage
let origin: string
/** The one whose baselines told, and the one of the correlation: the same incident, for it is the same container. */
let alerts: readonly Alert[] = []

beforeAll(async () => {
  if (missingForBrowser().length > 0) return
  const story = writeBaselineStory(folder, Date.now() - 90_000)
  served = serveConsole(`${story.rules}inputs:\n${story.inputs}`)
  const link = await served.loginLink()
  await wereRead(story.described)
  await wereRead(story.tell())
  alerts = await eventually(
    async () => {
      const { items } = await asked<{ items: readonly Alert[] }>('/api/alerts?limit=50')
      return ['processor time', 'by the hundred', 'no container here runs'].every((title) =>
        items.some(({ rule }) => rule.title.includes(title)),
      )
        ? items
        : undefined
    },
    60_000,
    'what the baselines told',
  )
  console = await chromium().open(link)
  origin = new URL(link).origin
  await console.page.waitForSelector('#console nav')
}, 240_000)
afterAll(async () => {
  await served?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function asked<T>(path: string): Promise<T> {
  return (await served.daemon.ask(path)).body as T
}

/** A daemon that is busy may leave a question unanswered: it is asked again. */
async function wereRead(records: number): Promise<void> {
  await eventually(
    async () => {
      const { evaluated } = await asked<{ evaluated: number }>('/api/totals').catch(() => ({ evaluated: 0 }))
      return evaluated >= records ? true : undefined
    },
    120_000,
    'the records to be read',
  )
}

function keyPlace(rule: string, key: readonly string[]): string {
  return `/baselines/key?${new URLSearchParams({ rule, key: JSON.stringify(key) }).toString()}`
}

/** How many colours stand on a canvas: on one with nothing drawn, one. */
const colorsOn = (selector: string): Promise<number> =>
  console.page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)})
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return new Set(new Uint32Array(data.buffer)).size
  })()`)

browserTest(
  'from the list to a key: its history is drawn, read with the keyboard and as a table',
  async () => {
    const { page } = console
    await console.press('g', 'b')
    await page.waitForSelector('h1:has-text("Baselines")')
    const row = page.locator('tr', { hasText: 'more processor time' })
    expect(await row.locator('td').last().textContent()).toBe('0')
    // what draws is not read for a list
    const loaded = (): Promise<boolean> =>
      page.evaluate(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('history-chart'))",
      )
    expect(await loaded()).toBe(false)
    await console.press('/')
    await page.keyboard.type('shop/web')
    await page.waitForURL('**/baselines?text=shop%2Fweb')
    await page.click('tr:has-text("more processor time") a')
    await page.waitForSelector('.uplot canvas')
    expect(await loaded()).toBe(true)
    await expect.poll(() => colorsOn('.uplot canvas')).toBeGreaterThan(20)

    const slider = page.locator('[role=slider][aria-label=History]')
    await slider.focus()
    const said = (): Promise<string | null> => slider.getAttribute('aria-valuetext')
    await console.press('End', 'ArrowLeft')
    const last = await said()
    await console.press('PageUp')
    const before = await said()
    expect(before).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d: largest [\d.]+.*usual [\d.]+, up to [\d.]+$/)
    expect(before).not.toBe(last)
    // the same stands beside it, for those who see
    await page.waitForSelector(`figure p:has-text("${before ?? ''}")`)
    await page.click('summary:has-text("As a table")')
    await expect.poll(() => page.locator('figure table tbody tr').count()).toBeGreaterThan(100)
    expect(await page.locator('figure table').textContent()).toContain('1.9')
    // the moment leads to the incident
    const [spike] = alerts.filter(({ rule }) => rule.title.includes('processor time'))
    expect(await page.locator('section:has(#told) a').first().getAttribute('href')).toContain(spike?.incident)
    expect(console.troubles()).toEqual([])
  },
)

browserTest(
  'what a key learned is approved and forgotten, after a question, and stands in the audit trail',
  async () => {
    const { page } = console
    await page.goto(origin + keyPlace('program_new', [WORKLOAD]))
    const row = (value: string) => page.locator('tr', { hasText: value })
    await row('/usr/bin/nc').waitFor()
    expect(await page.locator('tr', { hasText: /curl\s*learned/ }).count()).toBe(1)
    expect(await row('/usr/bin/nc').textContent()).toMatch(/not learned yet|held back/)
    await row('/usr/bin/nc').locator('button:has-text("Approve…")').click()
    await page.waitForSelector('dialog[open]:has-text("/usr/bin/nc")')
    await accessible(page)
    // nothing is done until it is said
    await page.click('dialog button:has-text("Cancel")')
    await page.locator('dialog').waitFor({ state: 'detached' })
    const trail = async (): Promise<string> => JSON.stringify(await asked('/api/audit'))
    expect(await trail()).not.toContain('baseline.')
    await row('/usr/bin/nc').locator('button:has-text("Approve…")').click()
    await page.click('dialog button:has-text("Approve")')
    await page.waitForSelector('tr:has-text("/usr/bin/nc"):has-text("approved by")')
    await row('/usr/bin/openssl').locator('button:has-text("Forget…")').click()
    await page.click('dialog button:has-text("Forget")')
    await page.waitForSelector('section:has(#changes) tr:has-text("forgot"):has-text("/usr/bin/openssl")')
    expect(await trail()).toMatch(/baseline\.forget.*openssl.*baseline\.approve.*\/usr\/bin\/nc/)
    await page.click('header button:has-text("Forget…")')
    await page.click('dialog button:has-text("Forget")')
    await page.waitForURL('**/baselines?rule=program_new')
    await page.locator('main td').first().waitFor()
    expect(await page.locator('main').textContent()).not.toContain('shop/web')
    expect(console.troubles()).toEqual([])
  },
)

browserTest(
  'an alert shows what its baseline knew, and a correlation its events on one timeline',
  async () => {
    const { page } = console
    const [found] = alerts.filter(({ rule }) => rule.title.includes('by the hundred'))
    await page.goto(`${origin}/incidents/${found?.incident}`)
    await page.locator('article:has-text("more processor time")').scrollIntoViewIfNeeded()
    await page.waitForSelector('article [aria-label^="What was learned"] .uplot canvas')
    await expect.poll(() => colorsOn('article .uplot canvas')).toBeGreaterThan(20)
    // what it had before, beside what it never had
    await page.locator('article:has-text("no container here runs")').scrollIntoViewIfNeeded()
    const values = page.locator('article [aria-label^="What was learned: Program"]')
    await values.locator('text=learned from').waitFor()
    expect(await values.textContent()).toContain('/usr/bin/curl')
    expect(await values.textContent()).toContain('/usr/bin/nc')

    const events = JSON.stringify(`Events of ${found?.rule.title}`)
    const lanes = page.locator(`article [role=slider][aria-label=${events}]`)
    await lanes.scrollIntoViewIfNeeded()
    expect(await lanes.getAttribute('aria-valuemax')).toBe('20')
    for (const name of ['Program started from the data', 'Digest of the data'])
      expect(await lanes.textContent()).toContain(name)
    await lanes.focus()
    await console.press('ArrowRight', 'ArrowRight')
    expect(await lanes.getAttribute('aria-valuetext')).toMatch(/^2 of 20: .*(Digest|Program).*\/srv\/data\//)
    const figure = page.locator('article figure', { has: page.locator(`[aria-label=${events}]`) })
    expect(await figure.locator('dl').first().textContent()).toContain('/srv/data/')
    // the mouse finds the last one
    const box = await lanes.locator('canvas').boundingBox()
    if (box === null) throw new Error('no canvas')
    const end = box.x + box.width * (1 - 0.03 / 1.06)
    for (const lane of [0, 1]) await page.mouse.move(end, box.y + lane * 34 + 24)
    await expect.poll(() => lanes.getAttribute('aria-valuenow')).toBe('20')
    await figure.locator('summary').click()
    await expect.poll(() => figure.locator('tbody tr').count()).toBe(20)
    expect(await figure.textContent()).toContain('the newest 20 of 200 events')
    // the incident as a whole has one too
    await page.locator('#timeline [role=slider]').waitFor()

    await page.click('a:has-text("What was learned")')
    await page.waitForURL('**/baselines/about?incident=*')
    await page.waitForSelector(`tr:has-text("more processor time"):has-text("${WORKLOAD}")`)
    expect(UNUSUAL.image).toContain('shop/web')
    expect(console.troubles()).toEqual([])
  },
)

browserTest(
  'these pages are accessible in light and dark, from narrow to wide, and hostile names do nothing there',
  async () => {
    const { page } = console
    const incident = alerts.find(({ rule }) => rule.title.includes('by the hundred'))?.incident ?? ''
    const hostile = ['container.image.name ' + HOSTILE_IMAGE]
    for (const [path, ready] of [
      ['/baselines', 'main table'],
      ['/baselines?rule=program_new', 'main table'],
      [keyPlace('cpu_spike', [WORKLOAD]), '.uplot canvas'],
      [keyPlace('program_new', hostile), 'main table'],
      [`/baselines/about?incident=${incident}`, 'main table'],
      [`/incidents/${incident}`, 'article [role=slider]'],
    ] as const) {
      await page.goto(origin + path)
      await page.waitForSelector(ready)
      for (const scheme of ['light', 'dark'] as const) {
        await console.prefer(scheme)
        for (const width of [360, 1280, 1920]) {
          await console.resize(width, 900)
          await accessible(page)
          expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width)
        }
      }
      const shown = (await page.textContent('main')) ?? ''
      expect(shown, path).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e\u200b\ufeff]/)
      if (path.includes('owned')) expect(shown).toContain('\\u202e/web')
    }
    expect(await page.evaluate('window.owned')).toBeUndefined()
    expect(await page.locator('main img, main iframe, main script').count()).toBe(0)
    expect(console.troubles()).toEqual([])
  },
  { timeout: 300_000 },
)

browserTest('a key’s page is painted within a second', async (context) => {
  const { page } = console
  const paints: number[] = []
  // the best of three: the machine has other things to do
  for (const _ of [1, 2, 3]) {
    await page.goto(origin + keyPlace('cpu_spike', [WORKLOAD]))
    await page.waitForSelector('.uplot canvas')
    paints.push(
      (await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")) as number,
    )
  }
  await context.annotate(`first paint ${paints.map(Math.round).join(', ')} ms`)
  expect(Math.min(...paints)).toBeLessThan(1_000)
})
