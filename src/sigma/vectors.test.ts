import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../domain/event.ts'
import { createStreamDecoder, sources } from '../sources/index.ts'
import { compileRules } from './sigma.ts'
import type { Compiled } from './types.ts'
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
  readonly result?: {
    readonly errors?: readonly unknown[]
    readonly seconds?: number
    readonly rules?: readonly { readonly errors?: readonly unknown[] }[]
  }
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

/** Inputs that the reference parser takes and we refuse. */
const REFUSED_BY_US = [
  /^the taxonomy .*? is not supported/,
  /the placeholder %.*% has no values$/,
  // `yes` is text in YAML 1.2
  /the modifier exists wants true or false, unquoted$/,
  /the modifier cidr needs a field$/,
  // section 8.3: a percentile without its number is a guess
  /^value_percentile needs a percentile/,
]

/** Inputs that the reference parser refuses and we take: a range has two operators, and both must hold. */
const TAKEN_BY_US: readonly string[] = ['test_correlation_condition_invalid_multicond']

function read(name: string): unknown {
  return JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'))
}

function compile(text: string): Compiled {
  return compileRules([{ file: 'rule.yml', text, line: 1, strategy: 'sigma' }], { lists: new Map() })
}

function outcome(rule: string, event: Record<string, unknown>): 'T' | 'F' | 'E' {
  const { ruleset, refused } = compile(rule)
  if (refused.length > 0) return 'E'
  return ruleset.match(eventOf(event, { category: 'test' })).length > 0 ? 'T' : 'F'
}

function yamlOf(input: unknown): string {
  if (typeof input === 'string') return input
  return Array.isArray(input) ? input.map((document) => stringify(document)).join('---\n') : stringify(input)
}

/** A document that holds the part which the case is about, with the rules that it names. */
function documentOf({ api, input }: ParseCase): string {
  const [first, second] = input
  switch (api) {
    case 'SigmaLogSource.from_dict':
      return stringify({ ...PLAIN, logsource: first })
    case 'SigmaDetections.from_dict':
      return stringify({ ...PLAIN, detection: first })
    case 'SigmaDetection.from_definition':
      return stringify({ ...PLAIN, detection: { selection: first, condition: 'selection' } })
    case 'SigmaDetectionItem.from_mapping': {
      const selection = first === null ? second : { [first as string]: second }
      return stringify({ ...PLAIN, detection: { selection, condition: 'selection' } })
    }
    case 'SigmaCorrelationTimespan':
      return correlated({ type: 'event_count', rules: ['a'], timespan: first, condition: { gte: 2 } })
    case 'SigmaCorrelationCondition.from_dict': {
      const type = (first as { field?: unknown }).field === undefined ? 'event_count' : 'value_count'
      return correlated({ type, rules: ['a'], timespan: '5m', condition: first })
    }
    case 'SigmaCorrelationFieldAliases.from_dict':
      return correlated({
        type: 'event_count',
        rules: ['a'],
        timespan: '5m',
        condition: { gte: 2 },
        aliases: first,
      })
    case 'SigmaExtendedCorrelationCondition': {
      // alone it may be one that nothing would ever decide: a rule that is there decides it
      return correlated({ type: 'temporal', timespan: '5m', condition: `there and (${String(first)})` })
    }
    case 'SigmaCorrelationRule.from_dict':
      return `${yamlOf(first)}---\n${rulesNamedIn(first)}`
    case 'SigmaCorrelationRule.from_yaml':
      return `${String(first)}\n---\n${rulesNamedIn(parse(String(first)))}`
    default:
      return yamlOf(first)
  }
}

const PLAIN = {
  title: 'a rule',
  logsource: { category: 'test' },
  detection: { s: { A: 'b' }, condition: 's' },
}

function correlated(correlation: Readonly<Record<string, unknown>>): string {
  const document = { title: 'c', correlation }
  return `${stringify(document)}---\n${rulesNamedIn(document)}`
}

/** The reference parser looks up the rules of a single correlation later: here they are there. */
function rulesNamedIn(document: unknown): string {
  const { correlation } = document as { correlation: { rules?: string | string[]; condition?: unknown } }
  const expression = typeof correlation.condition === 'string' ? correlation.condition : ''
  const names = [...[correlation.rules ?? []].flat(), ...(expression.match(/\w+/g) ?? [])]
  return [...new Set(names)]
    .filter((name) => !/^(?:and|or|not)$/.test(name))
    .map((name) => stringify({ ...PLAIN, title: name, name }))
    .join('---\n')
}

function hasErrors({ expect: expected, result }: ParseCase): boolean {
  return (
    expected === 'error' ||
    [...(result?.errors ?? []), ...(result?.rules ?? []).flatMap((rule) => rule.errors ?? [])].length > 0
  )
}

/** What the sources make of a file. */
function recorded(file: string): readonly Event[] {
  const bytes = readFileSync(resolve(FOLDER, 'regression', file))
  const batch = createStreamDecoder(sources, file).push({ stream: file, offset: 0, bytes, end: true })
  expect(batch.failures).toEqual([])
  return batch.items.flatMap(({ decoded }) => decoded.events)
}

describe.skipIf(!isThere)('the Sigma vectors (skipped where ../shared/data/sigma is absent)', () => {
  const vectors = isThere ? (read('vectors.json') as readonly Vector[]) : []

  it.each(vectors.map((vector) => [vector.id, vector] as const))(
    '%s comes out as recommended or as decided',
    (id, vector) => {
      expect(outcome(vector.rule, vector.event)).toBe(DECIDED_OTHERWISE[id]?.says ?? vector.recommended)
    },
  )

  it('decides otherwise only where the recommendation differs', () => {
    for (const [id, { says }] of Object.entries(DECIDED_OTHERWISE)) {
      expect(vectors.find((vector) => vector.id === id)?.recommended).not.toBe(says)
    }
  })
})

describe.skipIf(!isThere)(
  'the reference parser’s cases (skipped where ../shared/data/sigma is absent)',
  () => {
    const cases = isThere ? (read('parse-cases.json') as readonly ParseCase[]) : []
    it.each(cases.map((each, index) => [`${index} ${each.test.split('::')[1] ?? ''}`, each] as const))(
      '%s',
      (_name, each) => {
        const { refused } = compile(documentOf(each))
        const isTaken = TAKEN_BY_US.includes(each.test.split('::')[1] ?? '')
        if (hasErrors(each) && !isTaken) expect(refused).not.toEqual([])
        else
          expect(
            refused.filter(({ message }) => !REFUSED_BY_US.some((reason) => reason.test(message))),
          ).toEqual([])
      },
    )

    it('reads timespans as long as the reference parser does', () => {
      for (const each of cases.filter(({ api }) => api === 'SigmaCorrelationTimespan')) {
        const [correlation] = compile(documentOf(each)).ruleset.correlations
        expect(correlation?.timespan).toBe((each.result?.seconds ?? 0) * 1_000)
      }
    })

    it('decides a condition without any event only where it says so', () => {
      const { refused } = compile(correlated({ type: 'temporal', condition: 'not rule_a', timespan: '5m' }))
      expect(refused.map(({ message }) => message).join()).toContain('holds where nothing has happened')
    })
  },
)

interface RegressionCase {
  readonly rule: string
  readonly title: string
  readonly rule_id: string
  readonly events: string
  readonly records: number
  readonly expected_matches: number
}

describe.skipIf(!isThere)('the SigmaHQ corpus (skipped where ../shared/data/sigma is absent)', () => {
  const cases = isThere ? (read('regression/manifest.json') as readonly RegressionCase[]) : []
  let corpus = ''

  beforeAll(() => {
    corpus = mkdtempSync(join(tmpdir(), 'sigma-corpus-'))
    execFileSync('tar', ['xzf', resolve(FOLDER, 'sigmahq-rules.tar.gz'), '-C', corpus])
  })
  afterAll(() => {
    rmSync(corpus, { recursive: true, force: true })
  })

  it('compiles but for the rules whose placeholders have no values', () => {
    const texts = globSync('rules*/**/*.yml', { cwd: corpus }).map((file) => ({
      file,
      text: readFileSync(join(corpus, file), 'utf8'),
      line: 1,
      strategy: 'sigma',
    }))
    const { ruleset, refused } = compileRules(texts, { lists: new Map() })
    const refusedFiles = new Set(refused.map(({ file }) => file))
    expect(texts.length).toBeGreaterThan(3_000)
    expect(refused.filter(({ message }) => !/the placeholder %.*% has no values$/.test(message))).toEqual([])
    expect(ruleset.rules.length).toBe(texts.length - refusedFiles.size)
  })

  it.each(cases.map((each) => [each.title, each] as const))(
    'fires on its recorded events: %s',
    (_title, each) => {
      const { ruleset, refused } = compile(readFileSync(join(corpus, each.rule), 'utf8'))
      expect(refused).toEqual([])
      const events = recorded(each.events)
      const fired = events.filter((event) => ruleset.match(event).length > 0)
      expect(events.length).toBe(each.records)
      expect(fired.length).toBe(each.expected_matches)
    },
  )
})
