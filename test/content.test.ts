import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { namedRows, rulesOf, stateOf, strategies } from '../scripts/content-page.ts'
import { ROWS } from '../scripts/content-rows.ts'
import { isTestedAtEdge } from '../scripts/window-edges.ts'
import { knownList } from '../src/site/known-lists.ts'

const root = join(import.meta.dirname, '..')
const references = ROWS.flatMap(({ row, by = {} }) =>
  Object.values(by).flatMap((all) => all.map((reference) => [row, reference] as const)),
)

/** Whether what covers a row is there: an entry of a document's block, a list of the site, a file. */
function isThere(reference: string): boolean {
  if (reference.startsWith('list:')) return knownList(reference.slice(5)) !== undefined
  const [document = '', id] = reference.split('#')
  if (id === undefined) return existsSync(join(root, reference))
  const strategy = strategies.find((each) => each.id === document)
  if (id === 'priority') return (strategy?.priority?.when ?? []).length > 0
  const entries = [
    ...(strategy?.assumptions ?? []),
    ...(strategy?.playbook ?? []),
    ...(strategy?.tests ?? []),
  ]
  return entries.some((entry) => entry.id === id)
}

describe('the phrases of the five reports', () => {
  it('are all there, once', () => {
    const reports = ROWS.map(({ row }) => row.slice(0, 1))
    const counts = ['W', 'D', 'A', 'C', 'S'].map((report) => reports.filter((each) => each === report).length)
    expect(counts).toEqual([31, 34, 34, 29, 34])
    expect(new Set(ROWS.map(({ row }) => row)).size).toBe(162)
  })

  it('are the only ones that rules name', () => {
    const known = new Set(ROWS.map(({ row }) => row))
    expect([...namedRows].filter((row) => !known.has(row))).toEqual([])
  })

  it('say of everything that is not done what is missing', () => {
    const silent = ROWS.flatMap((row) =>
      row.kinds
        .map((kind) => ({ kind, ...stateOf(row, kind) }))
        .filter(({ state, why }) => state !== 'done' && (why ?? '') === '')
        .map(({ kind }) => `${row.row} ${kind}`),
    )
    expect(silent).toEqual([])
  })

  it.each(references)('%s: %s is there', (_row, reference) => {
    expect(isThere(reference)).toBe(true)
  })
})

/** Ids of the rules of a text that correlations and baselines of it name. */
function takenIn(text: string): readonly string[] {
  const names = [...text.matchAll(/^ +rules: \[(.+)\]$|[{,] rules: \[(.+?)\]/gm)].flatMap((found) =>
    (found[1] ?? found[2] ?? '').split(/, */),
  )
  return names.flatMap((name) => new RegExp(`^name: ${name}\\nid: (\\S+)$`, 'm').exec(text)?.[1] ?? [])
}

describe('rules', () => {
  const rules = ROWS.flatMap(({ row }) => rulesOf(row))

  it('belong to a phrase, each of them', () => {
    // what only others take the matches of belongs where they do
    const taken = strategies.flatMap((strategy) => strategy.rules.flatMap(({ text }) => takenIn(text)))
    const named = new Set([...rules.map(({ id }) => id), ...taken])
    const written = strategies.flatMap((strategy) =>
      strategy.rules.flatMap(({ text }) => [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id)),
    )
    expect(written.length).toBeGreaterThan(80)
    expect(written.filter((id) => id !== undefined && !named.has(id))).toEqual([])
  })

  it('have a test that fires and one that stays silent', () => {
    const untested = rules.filter((rule) => {
      const tests = strategies
        .filter(({ id }) => id === rule.strategy)
        .flatMap((strategy) => strategy.tests)
        .filter((test) => test.rule === rule.name || test.rule === rule.id)
      return !['fire', 'silent'].every((expected) => tests.some(({ expect: told }) => told === expected))
    })
    expect(untested.map(({ name }) => name)).toEqual([])
  })

  it('that look at a window have tests on both sides of its edge, which differ in their times alone', () => {
    const windowed = rules.filter(({ correlation, baseline }) => correlation ?? baseline)
    expect(windowed.length).toBeGreaterThan(60)
    const untested = windowed.filter((rule) => {
      const strategy = strategies.find(({ id }) => id === rule.strategy)
      return strategy === undefined || !isTestedAtEdge(rule, strategy)
    })
    expect([...new Set(untested.map(({ name }) => name))]).toEqual([])
  })
})
