import axe from 'axe-core'
import { expect } from 'vitest'
import type { ConsolePage } from './browser.ts'

/** Fails with what a checker finds wrong: the rule and the elements. */
export async function accessible(page: ConsolePage['page']): Promise<void> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe.source)
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 200) + ' ' + (any[0]?.message ?? '')).join(' | ')))`,
  )) as readonly string[]
  expect(found, page.url()).toEqual([])
}
