import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as fc from 'fast-check'
import { stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { jsonText, parseJson } from '../sources/json.ts'
import { plainlyHolds, written } from './oracle.testing.ts'
import type { Definition, PlainCondition, Scalar } from './oracle.testing.ts'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

const SAMPLES = resolve(import.meta.dirname, '../../../shared/data/telemetry')
/** Rules that are compiled together, and the records that they are asked about. */
const BATCH = 24
/** Records of one file: those of a kind are alike. */
const OF_A_FILE = 40
const LONGEST = 600

const FIELDS = ['A', 'B', 'C.d', 'e.f.g'] as const
/** Few words, which overlap, so that rules often nearly hold. */
const WORDS = [
  'power',
  'shell',
  'powershell',
  'she',
  'ell.exe',
  'Σίσυφος',
  'K',
  'Ä',
  '😀',
  '-enc',
  ' -e',
  '/tmp/x',
  '5',
  '50',
  'true',
  '',
]
const LISTS = { tools: ['power', 'she*', 'Ä?'], marks: ['5', '-enc'] }
const BIG = 9_007_199_254_740_993n
const word = fc.constantFrom(...WORDS)
const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(''))
const anyCase = text.chain((plain) => fc.constantFrom(plain, plain.toUpperCase(), plain.toLowerCase()))
const encoded = fc
  .tuple(text, fc.constantFrom('utf8', 'utf16le', 'latin1') as fc.Arbitrary<BufferEncoding>)
  .map(([plain, encoding]) => Buffer.from(plain, encoding).toString('base64'))
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom('*', '?', '\\*', '\\\\', '\\', '–')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 8, arbitrary: anyCase },
  { weight: 2, arbitrary: encoded },
  fc.constantFrom<Scalar>(5, 50, -1, 1.5, 1e21, true, false, null, BIG, BIG - 1n, '9007199254740993'),
  fc.constantFrom<Scalar>('10.1.2.3', '10.200.0.1', '192.168.0.1', 'fe80::1', '2001:db8::1', '10.1.2.3:80'),
  fc.constantFrom<Scalar>('2026-11-21T23:10:00Z', '2027-01-01 05:00:00', '2024-12-30T00:30:00+02:00'),
  fc.constantFrom<Scalar>('a\ud83d', '\ude00she', 'power\nshell', '-E', 'x /enc'),
)
const value = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
)
const record = fc.record(
  {
    A: value,
    B: value,
    'C.d': value,
    C: fc.oneof(
      fc.record({ d: value }),
      fc.array(fc.record({ d: value }, { requiredKeys: [] }), { maxLength: 2 }),
    ),
    e: fc.oneof(
      fc.record({ f: fc.record({ g: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
      fc.array(fc.record({ f: fc.array(fc.record({ g: value }), { maxLength: 2 }) }), { maxLength: 2 }),
      value,
    ),
  },
  { requiredKeys: [] },
)

type Item = [string, Scalar | Scalar[]]
const field = fc.constantFrom(...FIELDS)
const texts = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 9 }))
const plainTexts = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 4 }))
const item: fc.Arbitrary<Item> = field.chain((name) => {
  const of = (modifiers: readonly string[], values: fc.Arbitrary<Scalar | Scalar[]>): fc.Arbitrary<Item> =>
    fc
      .tuple(fc.constantFrom(...modifiers), values)
      .map(([modifier, each]): Item => [`${name}|${modifier}`, each])
  return fc.oneof(
    { weight: 3, arbitrary: texts.map((each): Item => [name, each]) },
    {
      weight: 6,
      arbitrary: of(
        [
          'contains',
          'startswith',
          'endswith',
          'contains|cased',
          'cased',
          'contains|all',
          'all',
          'neq',
          'endswith|neq',
          'contains|all|neq',
        ],
        texts,
      ),
    },
    of(
      [
        'windash',
        'windash|contains',
        'contains|windash',
        'windash|startswith',
        'windash|contains|all',
        'windash|endswith|cased',
      ],
      texts,
    ),
    of(
      [
        'base64',
        'base64|contains',
        'base64offset|contains',
        'base64offset|contains|all',
        'base64offset|cased|contains',
        'wide',
        'wide|base64offset|contains',
        'utf16le|base64',
        'utf16be|base64|contains',
        'utf16|base64offset|contains',
        'windash|base64offset|contains',
        'windash|wide|base64',
      ],
      plainTexts.filter((each) => ![each].flat().includes('')),
    ),
    of(
      ['expand', 'expand|contains', 'contains|expand', 'expand|endswith', 'expand|neq'],
      fc.constantFrom('%tools%', 'x%marks%', '%tools%%marks%'),
    ),
    scalar.filter((each) => typeof each !== 'string').map((each): Item => [name, each]),
    of(
      ['neq'],
      scalar.filter((each) => typeof each !== 'string'),
    ),
    of(['exists'], fc.boolean()),
    of(
      [
        'fieldref',
        'fieldref|neq',
        'fieldref|startswith',
        'fieldref|endswith',
        'fieldref|contains',
        'fieldref|cased',
      ],
      field,
    ),
    of(['lt', 'lte', 'gt', 'gte'], fc.constantFrom<Scalar>(1.5, 5, 50, BIG)),
    of(
      ['cidr'],
      fc.constantFrom<Scalar | Scalar[]>(
        '10.0.0.0/8',
        '10.1.2.3',
        ['192.168.0.0/16', 'fe80::/10'],
        '2001:db8::/33',
      ),
    ),
    of(
      ['minute', 'hour', 'day', 'week', 'month', 'year'],
      fc.constantFrom(10, 23, 5, 21, 1, 53, 11, 2026, 1970),
    ),
    of(
      ['re', 're|i', 're|s', 're|i|s', 're|all', 're|neq'],
      fc.oneof(
        fc.constantFrom(
          'power.*exe',
          'she+ll',
          '^-enc',
          '(?:shell|tmp)/?x',
          'po?wer(shell)+',
          '[sS]he',
          'K',
          '^.{1,6}$',
          '😀.?',
          '\\d+$',
        ),
        fc.array(fc.constantFrom('pow', 'ell', 'x$', '^.'), { minLength: 1, maxLength: 3 }),
      ),
    ),
  )
})
const mapping = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items))
const keyword = pattern.filter((each) => each !== '')
const keywords: fc.Arbitrary<Definition> = fc.oneof(
  fc.array(fc.oneof(keyword, fc.constantFrom<Scalar>(5, true, BIG)), { minLength: 1, maxLength: 3 }),
  keyword,
  fc
    .tuple(
      fc.constantFrom('|all', '|contains', '|cased', '|contains|all'),
      fc.array(keyword, { minLength: 1, maxLength: 3 }),
    )
    .map(([key, values]) => ({ [key]: values })),
  fc.constantFrom('^she', 'e.e$', '5').map((source) => ({ '|re': source })),
)
const definition: fc.Arbitrary<Definition> = fc.oneof(
  { weight: 5, arbitrary: mapping },
  fc.array(mapping, { minLength: 1, maxLength: 2 }),
  keywords,
  fc.tuple(mapping, keyword).map((parts): Definition => parts),
)
const NAMES = ['one', 's_two', 's_three', '_four'] as const
const { condition } = fc.letrec<{ condition: PlainCondition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name): PlainCondition => ({ kind: 'name', name })),
    fc
      .tuple(fc.constantFrom('one' as const, 'every' as const), fc.constantFrom('them', 's_', '_', 'none_'))
      .map(([kind, beginning]): PlainCondition => ({ kind, beginning })),
    tie('condition').map((of): PlainCondition => ({ kind: 'not', of })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, of]): PlainCondition => ({ kind, of })),
  ),
}))
const rule = fc.record({
  identifiers: fc.record({ one: definition, s_two: definition, s_three: definition, _four: definition }),
  conditions: fc.array(condition, { minLength: 1, maxLength: 2 }),
})

interface Rule {
  readonly identifiers: Readonly<Record<string, Definition>>
  readonly conditions: readonly PlainCondition[]
}

function textOf({ identifiers, conditions }: Rule, title: string): string {
  const [only, ...more] = conditions.map(written)
  return stringify(
    {
      title,
      logsource: { category: 'test' },
      detection: { ...identifiers, condition: more.length === 0 ? only : [only, ...more] },
    },
    { version: '1.2' },
  )
}

/** Titles of the rules that the engine and the plain evaluator find to hold on each record, all compiled together. */
function compared(rules: readonly Rule[], records: readonly Readonly<Record<string, unknown>>[]) {
  const documents = rules.map((each, index) => textOf(each, `rule ${index}`))
  const { ruleset, refused } = compileRules(
    [{ file: 'rules.yml', text: documents.join('---\n'), line: 1, strategy: 'sigma' }],
    { lists: new Map(Object.entries(LISTS)) },
  )
  expect(refused).toEqual([])
  return records.map((each) => ({
    record: each,
    fired: ruleset.match(eventOf(each, { category: 'test' })).map((match) => match.rule.title),
    expected: rules.flatMap(({ identifiers, conditions }, index) =>
      conditions.some((wanted) => plainlyHolds(identifiers, wanted, each, LISTS)) ? [`rule ${index}`] : [],
    ),
  }))
}

describe('the compiled engine', () => {
  it('says of random rules and records what the plain evaluator says', { timeout: 300_000 }, () => {
    let held = 0
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 6 }),
        fc.array(record, { minLength: 1, maxLength: 8 }),
        (rules, records) => {
          for (const { record: each, fired, expected } of compared(rules, records)) {
            held += expected.length
            expect({ record: each, fired }).toEqual({ record: each, fired: expected })
          }
        },
      ),
      { numRuns: 2_000 },
    )
    // neither always silent nor always firing: the comparison says something
    expect(held).toBeGreaterThan(1_000)
  })

  it.skipIf(!existsSync(SAMPLES))(
    'says the same of rules made of what recorded telemetry holds (skipped where ../shared/data is absent)',
    { timeout: 300_000 },
    () => {
      const records = samples()
      expect(records.length).toBeGreaterThan(500)
      const random = randomly(7)
      let [held, asked] = [0, 0]
      for (let from = 0; from < records.length; from += BATCH) {
        const batch = records.slice(from, from + BATCH)
        const rules = batch.flatMap((each) => ruleOf(leavesOf(each), random) ?? [])
        for (const { record: each, fired, expected } of compared(rules, batch)) {
          asked += rules.length
          held += expected.length
          if (fired.join() !== expected.join()) {
            const wrong = rules.filter(
              (_, index) => fired.includes(`rule ${index}`) !== expected.includes(`rule ${index}`),
            )
            expect({ record: each, wrong }).toEqual({ record: each, wrong: [] })
          }
        }
      }
      expect(asked).toBeGreaterThan(20_000)
      expect(held).toBeGreaterThan(2_000)
    },
  )
})

type Sample = Readonly<Record<string, unknown>>

function samples(): readonly Sample[] {
  const files = globSync('**/*.{json,jsonl,ndjson}', { cwd: SAMPLES }).sort()
  return files.flatMap((file) => {
    const content = readFileSync(resolve(SAMPLES, file), 'utf8')
    const documents = [content, ...content.split('\n')].flatMap((each): unknown[] => {
      try {
        const parsed = parseJson(each)
        return Array.isArray(parsed) ? parsed : [parsed]
      } catch {
        return []
      }
    })
    return documents
      .filter((each): each is Sample => typeof each === 'object' && each !== null && !Array.isArray(each))
      .filter((each) => jsonText(each).length < 20_000)
      .slice(0, OF_A_FILE)
  })
}

interface Leaf {
  readonly path: string
  readonly value: Scalar
}

/** Values below keys that a field's name can hold. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap((each) => leavesOf(each, path))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, each]) =>
      /^[\w @-]+$/.test(key) && path.length < 50 ? leavesOf(each, [...path, key]) : [],
    )
  const isUsable = typeof value !== 'string' || (value.length < LONGEST && !/[\ud800-\udfff]/u.test(value))
  return path.length > 0 && isUsable ? [{ path: path.join('.'), value: value as Scalar }] : []
}

/** Numbers from 0 up to a bound, the same in each run. */
function randomly(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

function ruleOf(leaves: readonly Leaf[], random: (bound: number) => number): Rule | undefined {
  if (leaves.length === 0) return undefined
  const pick = (): Definition => {
    const { path, value: held } = leaves[random(leaves.length)] as Leaf
    const text = String(held)
    const [begin, length] = [random(text.length), 1 + random(12)]
    const piece = escaped(text.slice(begin, begin + length))
    const kinds: readonly Definition[] = [
      { [path]: typeof held === 'string' ? escaped(held) : held },
      { [path]: typeof held === 'string' ? escaped(held.toUpperCase()) : held },
      { [`${path}|contains`]: [piece, 'never to be found'] },
      { [`${path}|startswith`]: escaped(text.slice(0, length)) },
      { [`${path}|endswith|cased`]: escaped(text.slice(begin)) },
      { [path]: `*${piece}*?` },
      { [`${path}|neq`]: escaped(text) },
      { [`${path}|exists`]: true },
      { [`${path}|fieldref`]: (leaves[random(leaves.length)] as Leaf).path },
      { [`${path}|gte`]: typeof held === 'number' ? held : 5 },
      { [`${path}|re`]: text.slice(begin, begin + length).replaceAll(/[^A-Za-z0-9]/g, '.') || '.' },
      [piece],
      { '|all': [piece, escaped(text.slice(0, length)) || 'x'] },
    ]
    return kinds[random(kinds.length)] as Definition
  }
  const name = (of: string): PlainCondition => ({ kind: 'name', name: of })
  const conditions: readonly PlainCondition[] = [
    name('one'),
    { kind: 'and', of: [name('one'), { kind: 'not', of: name('two') }] },
    { kind: 'every', beginning: 'them' },
  ]
  return {
    identifiers: { one: pick(), two: pick() },
    conditions: [conditions[random(conditions.length)] as PlainCondition],
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*?]/g, String.raw`\$&`)
}
