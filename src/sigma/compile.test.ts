import { describe, expect, it } from 'vitest'
import type { EventLogsource } from '../domain/event.ts'
import { compileRules } from './sigma.ts'
import type { Compiled } from './types.ts'
import { eventOf } from './testing.ts'

const RULE = `title: A rule
id: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11
name: a_rule
status: TEST
level: High
tags: [attack.t1611, attack.t1059.004, attack.execution, attack.t1611]
fields: [Image, User]
logsource:
  product: linux
  category: process_creation
detection:
  selection:
    Image|endswith: /tar
    User|fieldref: Owner
  condition: selection
rows: [A12]
`

function compile(text: string, line = 1, strategy = 'sigma'): Compiled {
  return compileRules([{ file: 'rules.yml', text, line, strategy }], { lists: new Map() })
}

function minimal(title: string, more = ''): string {
  return `title: ${title}\n${more}logsource: {category: test}\ndetection: {s: {A: x}, condition: s}\n`
}

function messages({ refused }: Compiled): string {
  return refused.map(({ line, message }) => `${line}: ${message}`).join('\n')
}

describe('a compiled rule', () => {
  it('carries what strategies, alerts and lint need to know', () => {
    const { ruleset, refused, warnings } = compile(RULE, 40, 'tar-in-a-container')
    expect([refused, warnings]).toEqual([[], []])
    expect(ruleset.rules).toEqual([
      {
        id: '0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11',
        name: 'a_rule',
        title: 'A rule',
        strategy: 'tar-in-a-container',
        file: 'rules.yml',
        line: 40,
        level: 'high',
        tags: ['attack.t1611', 'attack.t1059.004', 'attack.execution', 'attack.t1611'],
        logsource: { product: 'linux', category: 'process_creation' },
        fields: ['Image', 'User', 'Owner'],
        shows: ['Image', 'User'],
        lists: [],
        unsetLists: [],
        weakened: false,
        custom: { rows: ['A12'] },
      },
    ])
    const event = eventOf(
      { Image: '/bin/TAR', User: 'a', Owner: 'A' },
      { product: 'linux', category: 'process_creation' },
    )
    expect(ruleset.match(event)).toEqual([
      {
        event,
        rule: {
          id: '0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11',
          title: 'A rule',
          level: 'high',
          attack: ['T1611', 'T1059.004'],
          strategy: 'tar-in-a-container',
          fields: ['Image', 'User'],
        },
        matched: [
          { field: 'Image', values: ['/bin/TAR'] },
          { field: 'User', values: ['a'] },
        ],
      },
    ])
  })

  it('takes its name as its id, or a stable digest where it has neither', () => {
    const text = `${minimal('one', 'name: named\n')}---\n${minimal('two')}`
    const [first, second] = [compile(text), compile(text)].map(({ ruleset }) =>
      ruleset.rules.map(({ id }) => id),
    )
    expect(first).toEqual(['named', expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(second).toEqual(first)
  })

  it('matches in the order of loading', () => {
    const { ruleset } = compile(`${minimal('one')}---\n${minimal('two')}`)
    expect(ruleset.match(eventOf({ A: 'x' }, { category: 'test' })).map(({ rule }) => rule.title)).toEqual([
      'one',
      'two',
    ])
  })
})

describe('routing', () => {
  it.each<[string, EventLogsource, boolean]>([
    ['{category: c}', { category: 'c' }, true],
    ['{category: C}', { category: 'c', product: 'linux' }, true],
    ['{category: c}', { category: 'd' }, false],
    ['{category: c}', {}, false],
    ['{category: c, product: linux}', { category: 'c' }, true],
    ['{category: c, product: linux}', { category: 'c', product: 'windows' }, false],
    ['{category: c, product: windows}', { category: 'c' }, false],
    ['{product: kubernetes, service: audit}', { product: 'kubernetes', service: 'audit' }, true],
    [
      '{product: kubernetes, service: audit, category: application}',
      { product: 'kubernetes', service: 'audit' },
      false,
    ],
    ['{category: c}', { category: 'd', also: [{ category: 'c' }] }, true],
    ['{category: c, product: linux}', { category: 'd', product: 'zeek', also: [{ category: 'c' }] }, true],
    ['{category: c, service: s}', { category: 'd', service: 's', also: [{ category: 'c' }] }, false],
  ])('a rule for %s sees an event of %o: %s', (logsource, event, expected) => {
    const { ruleset } = compile(`title: t\nlogsource: ${logsource}\ndetection: {s: {A: x}, condition: s}\n`)
    expect(ruleset.match(eventOf({ A: 'x' }, event)).length > 0).toBe(expected)
    expect(ruleset.match(eventOf({ A: 'x' }, { ...event })).length > 0).toBe(expected)
  })
})

/** Whether a rule that wants `x` in the field fires. */
function fires(field: string, record: unknown, extra: Parameters<typeof eventOf>[2]): boolean {
  const text = `title: t\nlogsource: {category: c}\ndetection: {s: {${field}: x}, condition: s}\n`
  return compile(text).ruleset.match(eventOf(record, { category: 'c' }, extra)).length > 0
}

describe('looking up a field', () => {
  it('goes through the mapping, whose first present path wins', () => {
    const mapping = { Image: [['proc', 'missing'], ['proc', 'exe'], ['Image']] }
    expect(fires('Image', { proc: { exe: 'x' }, Image: 'y' }, { mapping })).toBe(true)
    expect(fires('Image', { proc: { exe: 'y' }, Image: 'x' }, { mapping })).toBe(false)
    expect(fires('Image', { proc: { exe: null }, Image: 'x' }, { mapping })).toBe(false)
    expect(fires('Image', { proc: [{ exe: 'y' }, { exe: 'x' }] }, { mapping })).toBe(true)
  })

  it('then asks the record, then the resource', () => {
    expect(fires('Image', { Image: 'x' }, { resource: { Image: 'y' } })).toBe(true)
    expect(fires('Image', {}, { resource: { Image: ['y', 'x'] } })).toBe(true)
  })

  it('finds keys that hold dots themselves, where they are all of what remains', () => {
    const labels = { app: 'y', 'app.kubernetes.io/name': 'x' }
    expect(fires('metadata.labels.app.kubernetes.io/name', { metadata: { labels } }, {})).toBe(true)
    expect(fires('data.index.html', { data: { 'index.html': 'x' } }, {})).toBe(true)
    expect(fires('data.index.html', { data: { 'index.htm': 'x', html: 'x' } }, {})).toBe(false)
    expect(fires('data.index.html', { data: { index: { html: 'x' } } }, {})).toBe(true)
  })

  it('asks the resource first for an attribute that says where something happened', () => {
    expect(fires('container.name', { 'container.name': 'y' }, { resource: { 'container.name': 'x' } })).toBe(
      true,
    )
    expect(fires('container.name', { container: { name: 'x' } }, {})).toBe(true)
  })
})

describe('documents', () => {
  it('counts lines from where the text stands in its file', () => {
    const { refused } = compile(`${minimal('one')}---\n${minimal('two', 'level: extreme\n')}`, 100)
    expect(refused).toMatchObject([{ file: 'rules.yml', line: 105, column: 8 }])
  })

  it('tells all mistakes of a document at once, and loads the others', () => {
    const bad = 'title: 5\nid: x\nstatus: odd\nlogsource: {}\ndetection: {s: {A|nope: x}, condition: t}\n'
    const compiled = compile(`${minimal('one')}---\n${bad}---\n${minimal('two')}---\na: [\n`)
    expect(compiled.ruleset.rules.map(({ title }) => title)).toEqual(['one', 'two'])
    expect(compiled.refused.map(({ line }) => line)).toEqual(expect.arrayContaining([5, 6, 7, 8, 9]))
    expect(compiled.refused.length).toBeGreaterThanOrEqual(7)
  })

  it('refuses a second rule with the same id', () => {
    const compiled = compile(`${RULE}---\n${RULE.replace('0a8f', '0A8F').replace('A rule', 'Another')}`)
    expect(compiled.ruleset.rules.map(({ title }) => title)).toEqual(['A rule'])
    expect(messages(compiled)).toContain('is already loaded from rules.yml:1')
  })

  it('refuses what is not supported, each with its reason, and loads the rules beside it', () => {
    const compiled = compile([RULE, minimal('another'), minimal('other', 'taxonomy: ecs\n')].join('---\n'))
    expect(compiled.ruleset.rules.map(({ title }) => title)).toContain('another')
    expect(compiled.refused.map(({ message }) => message)).toEqual(['the taxonomy "ecs" is not supported'])
    expect(compiled.refused.every(({ mend }) => mend !== undefined)).toBe(true)
  })

  it.each([
    ['- a\n- b\n', 'must be a mapping'],
    [Buffer.from('title: gr\xfc\xdfe\n', 'latin1').toString('utf8'), 'the text is not UTF-8'],
    ['just text\n', 'must be a mapping'],
    ['title: a\ntitle: b\n', 'duplicate key "title"'],
    [minimal('one', 'date: 2024-13-01\n'), 'date is no date'],
    [minimal('one', 'tags: [nodot]\n'), 'has no namespace'],
    [minimal('one', 'related: {id: x}\n'), 'related must be a list'],
    [minimal('one', 'references: text\n'), 'references must be a list'],
    [minimal('one', 'x: !!js/function "a"\n'), 'use plain YAML'],
    [minimal('one', 'x: *nobody\n'), 'has no anchor'],
    [minimal('one', 'x: {<<: {a: b}}\n'), 'merge keys'],
    ['title: a\nlogsource: {category: t}\ndetection: {condition: s}\n', 'no search identifier'],
    ['title: a\nlogsource: {category: t}\ndetection: {s: {A: x}}\n', 'a rule needs condition'],
    ['title: a\nlogsource: {category: t}\ndetection: {s: {}, condition: s}\n', 'the detection is empty'],
    [
      'title: a\nlogsource: {category: t}\ndetection: {s: {A: x}, timeframe: 5m, condition: s}\n',
      'timeframe is not supported',
    ],
    [
      'title: a\nlogsource: {definition: x}\ndetection: {s: {A: x}, condition: s}\n',
      'the log source is empty',
    ],
  ])('%j is refused: %s', (text, reason) => {
    const compiled = compile(text)
    expect(compiled.ruleset.rules).toEqual([])
    expect(`${messages(compiled)} ${compiled.refused.map(({ mend }) => mend).join()}`).toContain(reason)
  })

  it('keeps a key __proto__ as an ordinary key', () => {
    const { ruleset } = compile(minimal('one', 'x: {__proto__: {polluted: true}}\n__proto__: 5\n'))
    expect(Object.keys(ruleset.rules[0]?.custom ?? {})).toEqual(['x', '__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('hostile documents', () => {
  const bomb = Array.from(
    { length: 12 },
    (_, index) =>
      `a${index}: &a${index} [${index === 0 ? 'x' : Array.from({ length: 10 }, () => `*a${index - 1}`).join(',')}]`,
  ).join('\n')

  it.each([
    ['an alias that expands without end', 'title: &t [*t]\n'],
    ['a billion laughs', bomb],
    ['10,000 levels of nesting', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
    ['60 levels of nesting', `a: ${'['.repeat(60)}${']'.repeat(60)}\n`],
    ['many aliases', `a: &a {b: x}\nb: [${Array.from({ length: 60_000 }, () => '*a').join(',')}]\n`],
    ['many keys', `${Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n')}\n`],
    ['a text that is too long', `title: ${'x'.repeat(5_000_000)}\n`],
  ])('%s is refused in time', (_name, text) => {
    const before = process.cpuUsage()
    const compiled = compile(text)
    expect(compiled.ruleset.rules).toEqual([])
    expect(compiled.refused.length).toBeGreaterThan(0)
    const { user, system } = process.cpuUsage(before)
    expect(user + system).toBeLessThan(5_000_000)
  })
})
