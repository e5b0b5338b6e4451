import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { BASELINE_TYPES, compileRules } from '../src/sigma/sigma.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/baselines.md'), 'utf8')
const BLOCKS = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)]
  .map((found) => found[1] ?? '')
  .filter((block) => block.includes('baseline:'))

/** The page's examples name rules that it does not show. */
function compiled(block: string): ReturnType<typeof compileRules> {
  const rules = /rules: \[([^\]]+)\]/.exec(block)?.[1]?.split(', ') ?? []
  const others = rules.map(
    (name) =>
      `title: ${name}\nname: ${name}\nlogsource: { category: test }\ndetection: { s: { A: 1 }, condition: s }\n---\n`,
  )
  const text = `${block.includes('logsource') ? '' : `${others.join('')}title: example\n`}${block}`
  return compileRules([{ file: 'docs/baselines.md', text, line: 1, strategy: 's' }], { lists: new Map() })
}

it.each(BLOCKS)('has examples that compile: %s', (block) => {
  expect(compiled(block)).toMatchObject({ refused: [], warnings: [] })
})

it('has an example of each type', () => {
  const types = BLOCKS.map((block) => /type: (\w+)/.exec(block)?.[1])
  expect(new Set(types)).toEqual(new Set(BASELINE_TYPES))
})
