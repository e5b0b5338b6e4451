import { describe, expect, it } from 'vitest'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

/** The least of so many measurements counts: others use the machine as well. */
const ROUNDS = 5

function cost(work: () => void): number {
  let least = Infinity
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

/** Adds up the units of a text often enough to take some 20 ms on a processor of 2020 that has nothing else to do. */
function paceOfThisMachine(): number {
  const text = 'pace'.repeat(25_000)
  let sum = 0
  const spent = cost(() => {
    for (let round = 0; round < 120; round += 1)
      for (let index = 0; index < text.length; index += 1) sum = (sum + text.charCodeAt(index)) | 0
  })
  expect(sum).not.toBe(0)
  return Math.max(1, spent / 20)
}

/** What no record may cost, in milliseconds of this thread's processor time, on a machine at that pace. */
const LIMIT = 50 * paceOfThisMachine()

function compile(detection: string, condition = 's') {
  const text = `title: t\nlogsource: {category: test}\ndetection:\n  ${detection}\n  condition: ${condition}\n`
  return compileRules([{ file: 'rule.yml', text, line: 1, strategy: 'sigma' }], { lists: new Map() })
}

/** Holds or not, and at what cost; the reason where the rule is refused. */
function costOf(detection: string, record: unknown, condition?: string) {
  const { ruleset, refused } = compile(detection, condition)
  if (refused[0] !== undefined) throw new Error(refused[0].message)
  let holds = false
  const spent = cost(() => {
    holds = ruleset.match(eventOf(record, { category: 'test' })).length > 0
  })
  return { holds, spent }
}

const A = 'a'.repeat(100_000)
/** No period that a search could use. */
const AB = Array.from({ length: 100_000 }, (_, index) => (((index * index) % 7_919) & 4 ? 'a' : 'b')).join('')

describe('a regular expression on 100 kB', () => {
  it.each<[string, string]>([
    ['(a+)+$', `${A}!`],
    ['(a|a)*$c', `c${A}`],
    ['(a|aa)+$', `${A}!`],
    ['^(a+)+$', `${A}!`],
    ['^([a-zA-Z]+)*$', `${A}!`],
    ['(.*)*(.*)*(.*)*d', `d!${A}`.slice(1)],
    ['(.*a){20}d*c', `c${A}`],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', `${A}!`],
    ['(x+x+)+y', 'x'.repeat(100_000)],
    ['(\\w+\\s?)+$', `${'word '.repeat(20_000)}!`],
    ['([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*@\\w+\\.com$', `${A}@`],
    ['^(\\w+@)+$', 'a@b'.repeat(33_000)],
    ['(((((((((a*)*)*)*)*)*)*)*)*)*b$', `b${A}`],
    ['(a?){40}a{40}b', A],
    ['a{500}b', A],
    ['a{1,1000}b', A],
    ['[^c]{1,799}b[^c]{799}d+c', `d${AB}`],
    ['a[ab]{12}d*c', `c${AB}`],
    ['a[ab]{900}d*c', `c${AB}`],
    ['a(a|b|ab){20}d+c', `d${AB}`],
    ['(?:[ab]{1,20}a){1,20}d+c', `d${AB}`],
    ['(.*)\\b(.*)\\b(.*)d+c', `d${'a '.repeat(50_000)}`],
    ['(?i)(?:é|É|\\w)+k{3}', 'é'.repeat(100_000)],
    ['(?m)(^a*$\\n?)*b{2}', 'a\n'.repeat(50_000)],
    ['.{1,300}😀{3}', '😀a'.repeat(33_000)],
    ['^(.+x?)+$z', '\ud800'.repeat(100_000)],
  ])('%s costs little and does not match', (pattern, text) => {
    const { holds, spent } = costOf(`s: {'A|re': ${JSON.stringify(pattern)}}`, { A: text })
    expect(holds).toBe(false)
    expect(spent).toBeLessThan(LIMIT)
  })

  it.each([
    '(a{1,1000}){1,1000}',
    '(?:(?:(?:a{30}){30}){30}){30}',
    '(?:a?b?){400}c',
    `${'x*'.repeat(3_000)}y`,
    `(?:${Array.from({ length: 1_200 }, (_, index) => `word${index}`).join('|')})+`,
    'a'.repeat(100_000),
    `${'('.repeat(4_000)}a${')'.repeat(4_000)}`,
    `[${Array.from({ length: 4_000 }, (_, index) => String.fromCodePoint(0x4e_00 + 2 * index)).join('')}]{500}[^a]{3000}`,
  ])('%.40s is refused soon, with its reason and place', (pattern) => {
    let refused: ReturnType<typeof compile>['refused'] = []
    const spent = cost(() => {
      refused = compile(`s: {'A|re': ${JSON.stringify(pattern)}}`).refused
    })
    expect(refused).toMatchObject([
      { line: 4, column: 15, message: expect.stringContaining('is not usable: ') as string },
    ])
    expect(refused[0]?.message.length).toBeLessThan(300)
    expect(spent).toBeLessThan(10 * LIMIT)
  })
})

describe('wildcards and texts on 100 kB', () => {
  it.each<[string, string]>([
    ['*a*a*a*a*b', A],
    [`${'*a'.repeat(4_000)}*b`, A],
    ['*a?a?a?a?a?a?a?a?*b*c', `${A}b`],
    [`*${'a?'.repeat(1_000)}b*`, A],
    [`*${'?'.repeat(2_900)}b*`, A],
    [`*a${'?'.repeat(2_000)}b*c`, AB],
    [`*${'a'.repeat(500)}b${'a'.repeat(500)}*`, A],
    [`*${'a'.repeat(5_000)}b${'a'.repeat(5_000)}*c*`, A],
    [`*${'ab'.repeat(5_000)}ba${'ab'.repeat(5_000)}*`, 'ab'.repeat(50_000)],
    ['*?\ud800?*?b*?c', '\ud800'.repeat(100_000)],
  ])('%.30s costs little', (pattern, text) => {
    const { holds, spent } = costOf(`s: {A: ${JSON.stringify(pattern)}}`, { A: text })
    expect(holds).toBe(false)
    expect(spent).toBeLessThan(LIMIT)
  })

  it('refuses what would cost too much', () => {
    const { refused } = compile(`s: {A: "*${'a?'.repeat(3_000)}*"}`)
    expect(refused).toMatchObject([{ message: expect.stringContaining('between its stars') as string }])
  })

  it.each([
    ['windash|contains|all', '[" -enc ", " /x -y "]', ' - /x -en'.repeat(11_000)],
    ['wide|base64offset|contains', '[powershell, cmd]', 'cABvAHcAZQByAHMAaABlAGw'.repeat(4_400)],
    ['contains', `[${Array.from({ length: 60 }, (_, index) => `aaaa${index}bcde`).join()}]`, A],
  ])('%s costs little', (modifiers, values, text) => {
    expect(costOf(`s: {'A|${modifiers}': ${values}}`, { A: text }).spent).toBeLessThan(LIMIT)
  })
})

const many = (value: (index: number) => unknown): readonly unknown[] =>
  Array.from({ length: 100_000 }, (_, index) => value(index))

describe('a list of 100,000 elements', () => {
  it.each<[string, (index: number) => unknown]>([
    ['A: [x, y, z]', (index) => `v${index}`],
    ['A: [-5, -7]', (index) => `${index}`],
    ['A|gt: 500000', (index) => `${index}`],
    ['A|re: x+y$', (index) => `v${index}`],
    ['A|cidr: [10.0.0.0/8, 11.0.0.0/8, "fe80::/10"]', (index) => `192.168.${index % 256}.${index >> 9}`],
    ['A|hour: 25', () => '2024-01-01T10:00:00Z'],
    ['A|contains: [abcdef, bcdefg, cdefgh, defghi, efghij, fghijk]', (index) => `v${index}`],
    ['A.b.c: x', (index) => ({ b: [{ c: `v${index}` }] })],
    ['A|exists: false', (index) => index],
  ])('%s costs little more than reading it', (item, value) => {
    const [key = '', values = ''] = item.split(/: (.*)/)
    const { holds, spent } = costOf(`s: {'${key}': ${values}}`, { A: many(value) })
    expect(holds).toBe(false)
    expect(spent).toBeLessThan(2 * LIMIT)
  })
})

describe('a reference', () => {
  const M = 'a'.repeat(1_000_000)
  it.each<[string, unknown, unknown]>([
    ['fieldref', M, `${M.slice(1)}b`],
    ['fieldref|contains', M, `${'a'.repeat(400_000)}b${'a'.repeat(100_000)}`],
    ['fieldref|startswith', M, `${'a'.repeat(400_000)}b`],
    ['fieldref|endswith', M, `b${'a'.repeat(400_000)}`],
    ['fieldref', many((index) => `a${index}`), many((index) => `b${index}`)],
    ['fieldref|startswith', many((index) => `a${index}`), many((index) => `b${index}`)],
    ['fieldref|endswith', many((index) => `${index}a`), many((index) => `${index}b`)],
    ['fieldref|contains', many((index) => `a${index}`), many((index) => `b${index}`)],
  ])('%s between giants costs little', (modifiers, left, right) => {
    const { holds, spent } = costOf(`s: {'A|${modifiers}': B}`, { A: left, B: right })
    expect(holds).toBe(false)
    expect(spent).toBeLessThan(5 * LIMIT)
  })

  it('says of many texts what it says of few', () => {
    const fill = Array.from({ length: 300 }, (_, index) => `~${index}~`)
    for (const [modifiers, text, other, expected] of [
      ['startswith', 'powershell', 'power', true],
      ['startswith', 'powershell', 'shell', false],
      ['startswith', 'b', 'abc', false],
      ['startswith', 'abd', 'abc', false],
      ['endswith', 'powershell', 'shell', true],
      ['endswith', 'powershell', 'power', false],
      ['contains', 'powershell', 'rsh', true],
      ['contains', 'powershell', 'ersh', true],
      ['contains', 'powershell', 'rshx', false],
      ['contains', 'powershell', '', true],
    ] as const) {
      const record = { A: [...fill, text], B: [...fill.map((each) => `${each}x`), other] }
      expect([modifiers, other, costOf(`s: {'A|fieldref|${modifiers}': B}`, record).holds]).toEqual([
        modifiers,
        other,
        expected,
      ])
    }
  })
})

describe('a record', () => {
  const fields = Object.fromEntries(many((index) => [`k${index}`, `value ${index}`]) as [string, string][])
  let deep: unknown = 'x'
  for (let level = 0; level < 100_000; level += 1) deep = level % 2 === 0 ? { a: deep } : [deep]

  it.each<[string, string, unknown, number]>([
    ['100,000 fields, one of them asked for', 's: {k99999: nothing}', fields, LIMIT],
    // reading them takes longer than searching them
    ['100,000 fields searched for keywords', 's: [needle, other, "f*o"]', fields, 5 * LIMIT],
    ['100,000 fields searched for an expression', `s: {'|re': 'ne+dle$'}`, fields, 5 * LIMIT],
    [
      'ten megabytes of text',
      `s: ['needle', 'a*b']\n  t: {'A|contains': [needle, nadel]}`,
      Object.fromEntries(Array.from('ABCDEFGHIJ', (name) => [name, 'a'.repeat(1_000_000)])),
      4 * LIMIT,
    ],
    ['a megabyte that is not Latin', `s: {'A|contains': needle}`, { A: 'Ω'.repeat(1_000_000) }, 5 * LIMIT],
    ['100,000 levels', 's: [needle]', deep, LIMIT],
    ['100,000 levels, a path into them', `s: {${'a.'.repeat(99)}a: z}`, deep, LIMIT],
  ])('of %s costs little', (_what, detection, record, limit) => {
    const { holds, spent } = costOf(detection, record)
    expect(holds).toBe(false)
    expect(spent).toBeLessThan(limit)
  })
})

describe('a rule that grows', () => {
  it.each([
    [
      'identifiers times quantifiers',
      Array.from({ length: 3_000 }, (_, index) => `i${index}: {A: x}`).join('\n  '),
      Array.from({ length: 2_000 }, () => '1 of i*').join(' or '),
      'too many identifiers',
    ],
    [
      'an encoding of an encoding',
      `s: {'A|${Array.from({ length: 60 }, () => 'base64').join('|')}': abc}`,
      's',
      'makes too much',
    ],
    [
      'alternatives of alternatives',
      `s: {'A|${Array.from({ length: 20 }, () => 'base64offset').join('|')}': abc}`,
      's',
      'makes too much',
    ],
    ['a field of many parts', `s: {${'a.'.repeat(100_000)}a: z}`, 's', 'more than 100 parts'],
    ['a reference of many parts', `s: {'A|fieldref': ${'a.'.repeat(100_000)}a}`, 's', 'more than 100 parts'],
  ])('%s is refused soon', (_what, detection, condition, reason) => {
    const before = process.threadCpuUsage()
    const { refused } = compile(detection, condition)
    const { user, system } = process.threadCpuUsage(before)
    expect(refused[0]?.message).toContain(reason)
    expect(refused[0]?.mend).toBeDefined()
    expect((user + system) / 1_000).toBeLessThan(60 * LIMIT)
  })
})
