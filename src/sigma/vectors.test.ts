import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

const FOLDER = resolve(import.meta.dirname, '../../../shared/data/sigma')
const isThere = existsSync(resolve(FOLDER, 'vectors.json'))

interface Vector {
  readonly id: string
  readonly rule: string
  readonly event: Record<string, unknown>
  readonly recommended: 'T' | 'F' | 'E'
}

interface ParseCase {
  readonly test: string
  readonly api: string
  readonly input: readonly unknown[]
  readonly expect: 'ok' | 'error'
  readonly error?: string
  readonly result?: { readonly errors?: readonly unknown[] }
}

/** Vectors that we decide otherwise, and what we say instead. */
const DECIDED_OTHERWISE: Readonly<
  Record<string, { readonly says: 'T' | 'F' | 'E'; readonly because: string }>
> = {
  'eq.big_int_off_by_one': { says: 'F', because: 'integers stay exact above 2^53' },
  're.w_unicode': { says: 'F', because: '\\w is ASCII, as PCRE has it by default' },
  're.d_unicode': { says: 'F', because: '\\d is ASCII, as PCRE has it by default' },
  're.b_unicode': { says: 'T', because: '\\b lies between ASCII word characters and the rest, as \\w does' },
  'windash.endash_in_rule': { says: 'T', because: 'a Unicode dash in the rule is a dash as well' },
}

function outcome(rule: string, event: Record<string, unknown>): 'T' | 'F' | 'E' {
  const { ruleset, refused } = compileRules([{ file: 'rule.yml', text: rule, line: 1, strategy: 'sigma' }], {
    lists: new Map(),
  })
  if (refused.length > 0) return 'E'
  return ruleset.match(eventOf(event, { category: 'test' })).length > 0 ? 'T' : 'F'
}

describe.skipIf(!isThere)('the Sigma vectors (skipped: ../shared/data/sigma is absent)', () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'))
  const vectors = isThere ? (read('vectors.json') as readonly Vector[]) : []

  it.each(vectors.map((vector) => [vector.id, vector] as const))(
    '%s comes out as recommended or as decided',
    (id, vector) => {
      const decided = DECIDED_OTHERWISE[id]
      expect(outcome(vector.rule, vector.event)).toBe(decided?.says ?? vector.recommended)
    },
  )
})
