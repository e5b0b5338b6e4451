import { describe, expect, it } from 'vitest'
import { eventOf, holds, ruleOf } from './testing.ts'

/** `selection: { <item> }` over one record. */
function item(
  written: string,
  record: unknown,
  lists: Readonly<Record<string, readonly string[]>> = {},
): boolean {
  return holds(`  selection:\n    ${written}\n  condition: selection`, record, lists)
}

describe('a detection item', () => {
  it.each([
    ['A: foo', { A: 'FOO' }, true],
    ['A: foo', { A: ['bar', 'Foo'] }, true],
    ['A: foo', { A: [['x', ['foo']]] }, true],
    ['A: foo', { A: { foo: 'foo' } }, false],
    ['A: null', {}, true],
    ['A: null', { A: null }, true],
    ['A: null', { A: '' }, false],
    ['A: null', { A: [] }, false],
    ["A: ''", { A: '' }, true],
    ["A: ''", {}, false],
    ["A: '*'", { A: '' }, true],
    ["A: '*'", { A: 0 }, true],
    ["A: '*'", { A: null }, false],
    ['A: 5', { A: '05' }, true],
    ['A: 5', { A: 5n }, true],
    ['A: 5', { A: true }, false],
    ["A: '5'", { A: 5 }, true],
    ["A: '5'", { A: 5n }, true],
    ["A: '05'", { A: 5 }, false],
    ['A: true', { A: 'TRUE' }, true],
    ['A: true', { A: 1 }, false],
    ['A: 9007199254740993', { A: 9_007_199_254_740_993n }, true],
    ['A: 9007199254740993', { A: 9_007_199_254_740_992n }, false],
    ['A: 9007199254740993', { A: 9_007_199_254_740_992 }, false],
    ['A: 9007199254740993', { A: '9007199254740993.0' }, true],
    ['A|cased: Foo', { A: 'Foo' }, true],
    ['A|cased: Foo', { A: 'foo' }, false],
    ['A|contains|all: [a, b]', { A: ['xa', 'xb'] }, true],
    ['A|contains|all: [a, b]', { A: ['xa'] }, false],
    ['A|neq: [x, y]', { A: 'y' }, false],
    ['A|neq: [x, y]', { A: 'z' }, true],
    ['A|neq: [x, y]', {}, true],
    ['A|all|neq: [a*, "*b"]', { A: 'ax' }, true],
    ['A|exists: true', { A: null }, true],
    ['A|exists: false', {}, true],
    ['A|gt: 9007199254740992', { A: 9_007_199_254_740_993n }, true],
    ['A|lt: 5', { A: 'four' }, false],
    ['A|lte: 1.5', { A: '1.5' }, true],
    ['A|hour|gte: 22', { A: '2026-11-21T23:10:00+02:00' }, true],
    ['A|week: 53', { A: '2027-01-01' }, true],
    ['A|year: 2026', { A: 1_795_232_759_000 }, true],
    ['A|minute: 1', { A: 'soon' }, false],
    ['A|cidr: 10.0.0.0/8', { A: '10.255.0.1' }, true],
    ['A|cidr: 10.0.0.0/8', { A: '010.0.0.1' }, false],
    ['A|cidr: 2001:db8::/33', { A: '2001:db8:7fff::1' }, true],
    ['A|cidr: 2001:db8::/33', { A: '2001:db8:8000::1' }, false],
    ['A|cidr: ::ffff:10.0.0.0/104', { A: '::ffff:10.1.2.3' }, true],
    ['A|fieldref: B', { A: 'x', B: ['y', 'X'] }, true],
    ['A|fieldref: B', { A: '*', B: 'anything' }, false],
    ['A|fieldref|contains: B', { A: 'xyz', B: 'Y' }, true],
    ['A|fieldref|neq: B', { A: 'x' }, true],
    ["A|windash|contains: ' -enc'", { A: 'ps ―enc' }, true],
    ["A|windash|contains|all: [' -a', ' -b']", { A: 'x /a –b' }, true],
    ["A|windash|contains|all: [' -a', ' -b']", { A: 'x /a' }, false],
    ['A|wide|base64offset|contains: ping', { A: 'cABpAG4AZwA=' }, true],
    ['A|re|i: ^WH.*I$', { A: 'whoami' }, true],
    ['A|endswith: 00000429', { A: 'x\\00000429' }, true],
    ['a.b: x', { 'a.b': 'y', a: { b: 'x' } }, false],
    ['a.b: x', { a: [{ b: 'z' }, { b: ['x'] }] }, true],
    ['a.b|exists: true', { a: [{ c: 1 }, 3, null] }, false],
    ['__proto__: x', {}, false],
    ['constructor|exists: true', {}, false],
    ['toString.name|exists: true', { toString: 1 }, false],
    ['__proto__: x', JSON.parse('{"__proto__":"x"}'), true],
  ])('%s on %o: %s', (written, record, expected) => {
    expect(item(written, record)).toBe(expected)
  })
})

function keywords(written: string, record: unknown): boolean {
  return holds(`  k: ${written}\n  condition: k`, record)
}

/** `needle` below so many lists and objects. */
function deep(depth: number): unknown {
  let value: unknown = 'needle'
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

describe('keywords', () => {
  it.each([
    ['[foo]', { a: { b: ['xFOOx'] } }, true],
    ['[foo]', { foo: 'x' }, false],
    ['[42]', { a: 1420n }, true],
    ['[f*o]', { a: 'a fxxo b' }, true],
    ['[foo bar]', { a: 'foo', b: 'bar' }, false],
    ["{'|all': [foo, bar]}", { a: 'foo', b: 'bar' }, true],
    ["{'|re': '^f.o$'}", { a: 'fxo' }, true],
    ['[{a: x}, foo]', { b: 'foo' }, true],
    ['foo', 'a text with foo', true],
  ])('%s on %o: %s', (written, record, expected) => {
    expect(keywords(written, record)).toBe(expected)
  })
})

describe('hostile records', () => {
  it('searches a record that is nested 100,000 levels deep', () => {
    expect(holds('  k: [needle]\n  condition: k', deep(100_000))).toBe(true)
    expect(item('a.a.a: needle', deep(100_000))).toBe(false)
  })

  it('flattens lists of lists without recursion', () => {
    let value: unknown = 'needle'
    for (let level = 0; level < 100_000; level += 1) value = [value]
    expect(item('A: needle', { A: value })).toBe(true)
  })

  it.each([undefined, null, 7, 7n, 'text', true, [], [[]], Symbol('x'), { A: undefined }])(
    'never throws on %o',
    (record) => {
      const { ruleset } = ruleOf(
        '  s:\n    A|contains: x\n    A.b|gt: 5\n  k: [x]\n  condition: s or k or not 1 of them',
      )
      expect(() => ruleset.match(eventOf(record, { category: 'test' }))).not.toThrow()
    },
  )

  it('compares a long text of digits in no time', () => {
    const start = performance.now()
    expect(item('A: 5', { A: '5'.repeat(1_000_000) })).toBe(false)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('refused detections', () => {
  it.each([
    ['A|: x', 'unknown modifier ""'],
    ['A|CONTAINS: x', 'unknown modifier'],
    ['A|constructor: x', 'unknown modifier'],
    ['A|contains|re: x', 're must be the first'],
    ['A|contains|cidr: 10.0.0.0/8', 'cidr must be the first'],
    ['A|i: x', 'the modifier re before it'],
    ['A|contains: true', 'contains wants a string'],
    ['A|contains: 5', 'contains wants a string'],
    ["A|gt: '5'", 'gt wants a number'],
    ["A|exists: 'true'", 'exists wants true or false'],
    ['A|exists|neq: true', 'exists combines with no other'],
    ['A|base64: a*', 'takes no wildcards'],
    ['A|fieldref: B*', 'takes no wildcards'],
    ['A|cidr: 10.1.2.3/8', 'host bits'],
    ['A|cidr: 10.0.0.0/33', 'longer than 32 bits'],
    ['A|re: a(?=b)', 'look-ahead'],
    ['A|re: (', 'not closed'],
    ['A: .nan', 'invalid number'],
    ['A: {b: c}', 'a value must be'],
    ['A: [[b]]', 'a value must be'],
    ["'|cidr': 10.0.0.0/8", 'needs a field'],
    ["'|contains': null", 'contains wants a string'],
    ["A|expand: '%servers%'", '%servers% has no values'],
  ])('%s: %s', (written, reason) => {
    const { ruleset, refused } = ruleOf(`  selection:\n    ${written}\n  condition: selection`)
    expect(ruleset.rules).toEqual([])
    expect(refused.map(({ message }) => message).join()).toContain(reason)
    expect(refused[0]?.line).toBe(6)
  })
})
