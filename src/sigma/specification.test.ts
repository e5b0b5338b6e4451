import { describe, expect, it } from 'vitest'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

type Lists = Readonly<Record<string, readonly string[]>>

function compile(text: string, lists: Lists = {}) {
  return compileRules([{ file: 'rule.yml', text, line: 1, strategy: 'sigma' }], {
    lists: new Map(Object.entries(lists)),
  })
}

const ruleWith = (detection: string, more = ''): string =>
  `title: a rule\n${more}logsource: { category: test }\ndetection:\n  s: ${detection}\n  condition: s\n`

/** T, F, or the reason for which the rule is refused. */
function outcome(text: string, record: unknown, lists?: Lists): string {
  const { ruleset, refused } = compile(text, lists)
  if (refused[0] !== undefined) {
    for (const each of refused) expect(each.mend).toBeDefined()
    return refused[0].message
  }
  return ruleset.match(eventOf(record, { category: 'test' })).length > 0 ? 'T' : 'F'
}

/** Statements of Sigma's specification and of its appendices: what is written, the record, what must come of it. */
type Row = readonly [detection: string, record: unknown, outcome: string]

describe('1.1 YAML', () => {
  it.each<Row>([
    ['{ A: yes }', { A: 'yes' }, 'T'],
    ['{ A: yes }', { A: true }, 'F'],
    ['{ A: "5" }', { A: 5 }, 'T'],
    ['{ A: 0x17 }', { A: 23 }, 'T'],
    ['{ A: "0x17" }', { A: 23 }, 'F'],
    ['{ A: 010 }', { A: 10 }, 'T'],
    ['{ A: &a [x], B: *a }', { A: 'x', B: 'x' }, 'T'],
    ['{ A: ~ }', {}, 'T'],
    ['{ A: 9007199254740993 }', { A: 9_007_199_254_740_993n }, 'T'],
    ['{ A: 9007199254740993 }', { A: 9_007_199_254_740_992n }, 'F'],
    ['{ A: .nan }', {}, 'invalid number: only finite numbers are allowed'],
    ['{ A: .inf }', {}, 'invalid number: only finite numbers are allowed'],
    ['{ A: 1e400 }', {}, 'invalid number: only finite numbers are allowed'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })

  it('warns of an integer with a leading zero, where that is lost', () => {
    expect(compile(ruleWith('{ A: 010 }')).warnings).toMatchObject([{ line: 4, column: 11 }])
    expect(compile(ruleWith('{ A|contains: 010 }')).warnings).toEqual([])
  })
})

describe('2 attributes', () => {
  it.each([
    ['id: 0A8F9D43-5B7E-4D0C-9C39-1F6A4B2F7E11', 'F'],
    ['id: 5', 'id must be a UUID'],
    ['id: 0a8f9d435b7e4d0c9c391f6a4b2f7e11', 'id must be a UUID'],
    ["name: ''", 'name must not be empty'],
    ['name: 5', 'name must be text'],
    ['related: []', 'F'],
    ['related: [{id: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11, type: derived}]', 'F'],
    ['related: [{id: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11, type: cousin}]', 'related needs a type'],
    ['related: [{type: derived}]', 'related needs the UUID'],
    ['related: [text]', 'related needs the UUID'],
    ['taxonomy: sigma', 'F'],
    ['taxonomy: ecs', 'the taxonomy "ecs" is not supported'],
    ["taxonomy: ''", 'taxonomy must not be empty'],
    ['status: Stable', 'F'],
    ['status: good', 'status must be one of'],
    ['description: 5', 'description must be text'],
    [`description: ${'x'.repeat(65_536)}`, 'description is longer than 65535'],
    ['license: [MIT]', 'license must be text'],
    ['author: [a, b]', 'author must be text'],
    ['references: text', 'references must be a list'],
    ['references: [{a: b}]', 'references must be a list'],
    ['date: 2024-01-31', 'F'],
    ['date: 2024/1/3', 'F'],
    ['date: 2024-02-30', 'date is no date'],
    ['date: 0999-01-01', 'date is no date'],
    ['modified: yesterday', 'modified is no date'],
    ['fields: A', 'fields must be a list'],
    ['falsepositives: [a, 5]', 'falsepositives must be a list'],
    ['level: HIGH', 'F'],
    ['level: severe', 'level must be one of'],
    ['tags: [attack.t1611, cve.2024-1234, tlp.amber, detection.threat-hunting]', 'F'],
    ['tags: attack.t1611', 'tags must be a list'],
    ['tags: [t1611]', 'the tag "t1611" has no namespace'],
    ['scope: server', 'scope must be a list'],
    ['my-own: {anything: [goes]}', 'F'],
  ])('%.60s: %s', (attribute, expected) => {
    expect(outcome(ruleWith('{ A: x }', `${attribute}\n`), {})).toContain(expected)
  })

  it.each([
    ['', 'a rule needs a title'],
    ['title: 5\n', 'title must be text'],
    ["title: ''\n", 'title must not be empty'],
    [`title: ${'x'.repeat(257)}\n`, 'title is longer than 256'],
    [`title: ${'x'.repeat(256)}\n`, 'F'],
  ])('%.20j as title: %s', (title, expected) => {
    expect(outcome(ruleWith('{ A: x }').replace('title: a rule\n', title), {})).toContain(expected)
  })
})

describe('3 log sources', () => {
  it.each([
    ['{ category: test, definition: whatever is set up, extra: [1] }', 'F'],
    ['{ definition: only }', 'the log source is empty'],
    ['{}', 'the log source is empty'],
    ['{ category: 5 }', 'logsource category must be text'],
    ['text', 'logsource must be a mapping'],
    ['[a]', 'logsource must be a mapping'],
  ])('%s: %s', (logsource, expected) => {
    const text = ruleWith('{ A: x }').replace('{ category: test }', logsource)
    expect(outcome(text, {})).toContain(expected)
  })
})

describe('4.1 the shape of a search identifier', () => {
  it.each<Row>([
    ['{ A: x, B: y }', { A: 'x', B: 'y' }, 'T'],
    ['{ A: x, B: y }', { A: 'x' }, 'F'],
    ['[x, y]', { A: 'has y in it' }, 'T'],
    ['[{ A: x, B: y }, { C: z }]', { C: 'z' }, 'T'],
    ['[{ A: x, B: y }, { C: z }]', { A: 'x' }, 'F'],
    ['[{ A: x }, needle]', { B: 'a needle' }, 'T'],
    ['[[{ A: x }], [needle, [{ C: z }]]]', { C: 'z' }, 'T'],
    ['needle', { B: ['a needle'] }, 'T'],
    ['{}', {}, 'the detection is empty'],
    ['[]', {}, 'the detection is empty'],
    ['[{}]', {}, 'the detection is empty'],
    ['{ A: { b: c } }', {}, '"A": a value must be text, a number, true, false or null'],
    ['{ A: [[x]] }', {}, '"A": a value must be text, a number, true, false or null'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.2 items', () => {
  it.each<Row>([
    ['{ "a b.c-d": x }', { 'a b.c-d': 'x' }, 'T'],
    ['{ A: [x, y] }', { A: 'y' }, 'T'],
    ['{ A: [] }', {}, 'T'],
    ['{ A: [] }', { A: null }, 'T'],
    ['{ A: [] }', { A: 'x' }, 'F'],
    ['{ "|all": [] }', {}, 'keywords without a value'],
    ['{ A|nope: x }', {}, '"A|nope": unknown modifier "nope"'],
    ['{ "A|": x }', {}, '"A|": unknown modifier ""'],
    ['{ A|Contains: x }', {}, '"A|Contains": unknown modifier "Contains"'],
    ['{ "A|contains |all": [x, y] }', {}, '"A|contains |all": unknown modifier "contains "'],
    ['{ A|constructor: x }', {}, '"A|constructor": unknown modifier "constructor"'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.4 wildcards and escapes', () => {
  it.each<Row>([
    ["{ A: 'C:\\Windows' }", { A: 'c:\\windows' }, 'T'],
    ["{ A: 'C:\\\\Windows' }", { A: 'c:\\windows' }, 'T'],
    ["{ A: 'a\\*b' }", { A: 'a*b' }, 'T'],
    ["{ A: 'a\\*b' }", { A: 'axb' }, 'F'],
    ["{ A: 'a\\\\*' }", { A: 'a\\x' }, 'T'],
    ["{ A: 'a\\\\\\*' }", { A: 'a\\*' }, 'T'],
    ["{ A: 'a\\\\\\*' }", { A: 'a\\x' }, 'F'],
    ["{ A: '\\\\\\\\server' }", { A: '\\\\server' }, 'T'],
    ["{ A: '\\\\server' }", { A: '\\server' }, 'T'],
    ["{ A: 'foo\\' }", { A: 'foo\\' }, 'T'],
    ["{ A: '\\W' }", { A: '\\w' }, 'T'],
    ["{ A: 'a*z' }", { A: 'a\r\n\u2028z' }, 'T'],
    ["{ A: 'a?z' }", { A: 'a\nz' }, 'T'],
    ["{ A: 'a?z' }", { A: 'a😀z' }, 'T'],
    ["{ A: 'a?z' }", { A: 'a\ud83dz' }, 'T'],
    ["{ A: 'a?z' }", { A: 'az' }, 'F'],
    ["{ A|contains: '?😀' }", { A: '😀😀' }, 'T'],
    ["{ A|contains: '😀?😀' }", { A: '😀😀' }, 'F'],
    ["{ A: '*' }", { A: '' }, 'T'],
    ["{ A: '*' }", { A: false }, 'T'],
    ["{ A: '*' }", { A: [] }, 'F'],
    ["{ A: '*' }", {}, 'F'],
    ["{ A|endswith: '\\x' }", { A: 'C:\\x' }, 'T'],
    ["{ A|startswith: 'x\\' }", { A: 'x\\y' }, 'T'],
    ["{ A|contains: '\\' }", { A: 'a\\b' }, 'T'],
    ["{ A|contains: 'a*c' }", { A: 'xabcx' }, 'T'],
    ["{ A|startswith: '*b' }", { A: 'abc' }, 'T'],
    ["{ A|contains: '' }", { A: '' }, 'T'],
    ["{ A|contains: '' }", {}, 'F'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.5 case', () => {
  it.each<Row>([
    ['{ A: straße }', { A: 'STRASSE' }, 'F'],
    ['{ A: ΟΔΟΣ }', { A: 'οδος' }, 'T'],
    ['{ A: "\u212a" }', { A: 'k' }, 'T'],
    ['{ A: ÄPFEL }', { A: 'äpfel' }, 'T'],
    ['{ A: i }', { A: 'İ' }, 'F'],
    ['{ A|re: abc }', { A: 'ABC' }, 'F'],
    ['{ A|re|i: abc }', { A: 'ABC' }, 'T'],
    ['{ A|cased: aB }', { A: 'aB' }, 'T'],
    ['{ A|cased|startswith: aB }', { A: 'ab' }, 'F'],
    ['{ A|startswith|cased: aB }', { A: 'aBc' }, 'T'],
    ['{ A|base64: abc }', { A: 'yWjJ' }, 'T'],
    ['{ a: x }', { A: 'x' }, 'F'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.6 fields of a record', () => {
  it.each<Row>([
    ['{ a.b: x }', { 'a.b': 'x', a: { b: 'y' } }, 'T'],
    ['{ a.b: y }', { 'a.b': 'x', a: { b: 'y' } }, 'F'],
    ['{ a.b: y }', { a: { b: 'y' } }, 'T'],
    ['{ a.b: y }', { a: [{ b: 'x' }, { b: ['z', 'y'] }] }, 'T'],
    ['{ a.b|contains|all: [x, y] }', { a: [{ b: 'x' }, { b: 'y' }] }, 'T'],
    ['{ a: x }', { a: { x: 'x' } }, 'F'],
    ['{ a|exists: true }', { a: {} }, 'T'],
    ['{ a.b: x }', { a: 'text' }, 'F'],
    ['{ a.0: x }', { a: ['x'] }, 'F'],
    ['{ "containers[any].x": y }', { 'containers[any]': { x: 'y' } }, 'T'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.7 a value against a field', () => {
  it.each<Row>([
    ['{ A: 5 }', { A: 5 }, 'T'],
    ['{ A: 5.0 }', { A: 5 }, 'T'],
    ['{ A: 5 }', { A: '5.0' }, 'T'],
    ['{ A: 5 }', { A: '05' }, 'T'],
    ['{ A: 16 }', { A: '0x10' }, 'F'],
    ['{ A: 5 }', { A: ' 5 ' }, 'F'],
    ['{ A: 1 }', { A: true }, 'F'],
    ["{ A: '5' }", { A: 5 }, 'T'],
    ["{ A: '05' }", { A: 5 }, 'F'],
    ["{ A: '1.5' }", { A: 1.5 }, 'T'],
    ["{ A: 'true' }", { A: true }, 'T'],
    ['{ A: true }', { A: 'True' }, 'T'],
    ['{ A: true }', { A: 1 }, 'F'],
    ['{ A: false }', { A: 'no' }, 'F'],
    ['{ A: null }', {}, 'T'],
    ['{ A: null }', { A: null }, 'T'],
    ['{ A: null }', { A: '' }, 'F'],
    ['{ A: null }', { A: [] }, 'F'],
    ["{ A: '' }", { A: '' }, 'T'],
    ["{ A: '' }", { A: null }, 'F'],
    ["{ A: '' }", {}, 'F'],
    ["{ A: 'null' }", { A: null }, 'F'],
    ['{ A: [null, x] }', {}, 'T'],
    ['{ A: [null, x] }', { A: 'x' }, 'T'],
    ["{ A|startswith: '1' }", { A: 10 }, 'T'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })

  it('warns of null among other values', () => {
    expect(compile(ruleWith('{ A: [null, x] }')).warnings).toMatchObject([
      { message: 'null within a list is not in the specification' },
    ])
  })
})

describe('4.8 keywords', () => {
  it.each<Row>([
    ['[NEEDLE]', { a: { b: [{ c: 'a needle!' }] } }, 'T'],
    ['[needle]', { needle: 'x' }, 'F'],
    ['["f*o"]', { a: 'a fxxo b' }, 'T'],
    ['["f?o"]', { a: 'a fxxo b' }, 'F'],
    ['["ab cd"]', { a: 'ab', b: 'cd' }, 'F'],
    ['[42]', { a: 1422 }, 'T'],
    ['[true]', { a: true }, 'T'],
    ['[null]', {}, 'null cannot be a keyword'],
    ["{ '|all': [x, y] }", { a: 'x1', b: 'y1' }, 'T'],
    ["{ '|all': [x, y] }", { a: 'x1' }, 'F'],
    ["{ '|re': '^n.*e$' }", { a: 'a needle', b: 'ne' }, 'T'],
    ["{ '|contains': [needle] }", { a: 'a needle' }, 'T'],
    ["{ '|cased': Needle }", { a: 'a needle' }, 'F'],
    ["{ '|startswith': dle }", { a: 'a needle' }, 'T'],
    ["{ '|exists': true }", {}, '"|exists": the modifier exists needs a field'],
    ["{ '|cidr': 10.0.0.0/8 }", {}, '"|cidr": the modifier cidr needs a field'],
  ])('%s on %o: %s', (detection, record, expected) => {
    expect(outcome(ruleWith(detection), record)).toBe(expected)
  })
})

describe('4.9 negation and what is missing', () => {
  it.each([
    ['not s', {}, 'T'],
    ['not s', { A: 'x' }, 'F'],
    ['not s', { A: null }, 'T'],
    ['not s', { A: [] }, 'T'],
  ])('%s on %o: %s', (condition, record, expected) => {
    expect(outcome(ruleWith('{ A: x }').replace('condition: s', `condition: ${condition}`), record)).toBe(
      expected,
    )
  })
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const wide = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')

describe('5 modifiers', () => {
  it.each<Row>([
    // contains, startswith, endswith
    ["{ A|contains: '*x*' }", { A: 'axb' }, 'T'],
    ['{ A|startswith: x }', { A: 'ax' }, 'F'],
    ['{ A|endswith: x }', { A: 'xa' }, 'F'],
    ['{ A|endswith: [x, y] }', { A: ['a', 'by'] }, 'T'],
    ['{ A|startswith|endswith: x }', {}, 'startswith and endswith exclude each other'],
    ['{ A|contains: 5 }', {}, 'wants a string'],
    ['{ A|contains: true }', {}, 'wants a string'],
    ['{ A|contains: null }', {}, 'wants a string'],
    ['{ A|re|contains: "^b" }', { A: 'ab' }, 'F'],
    // all
    ['{ A|contains|all: [x, y] }', { A: 'yx' }, 'T'],
    ['{ A|all|contains: [x, y] }', { A: 'x' }, 'F'],
    ['{ A|all: [x, "*y"] }', { A: ['x', 'zy'] }, 'T'],
    ['{ A|contains|all: x }', { A: 'x' }, 'T'],
    // cased
    ['{ A|cased: 5 }', {}, 'wants a string'],
    ['{ A|windash|contains|cased: " -E" }', { A: 'x /E' }, 'T'],
    ['{ A|windash|contains|cased: " -E" }', { A: 'x /e' }, 'F'],
    // exists
    ['{ A|exists: true }', { A: '' }, 'T'],
    ['{ A|exists: true }', { A: null }, 'T'],
    ['{ A|exists: false }', { A: null }, 'F'],
    ['{ A|exists: false }', { B: 1 }, 'T'],
    ["{ A|exists: 'true' }", {}, 'wants true or false'],
    ['{ A|exists: 1 }', {}, 'wants true or false'],
    ['{ A|exists|all: [true] }', {}, 'exists combines with no other modifier'],
    ['{ A|contains|exists: true }', {}, 'exists combines with no other modifier'],
    // neq
    ['{ A|neq: x }', {}, 'T'],
    ['{ A|neq: x }', { A: 'X' }, 'F'],
    ['{ A|neq: [x, y] }', { A: 'y' }, 'F'],
    ['{ A|neq: 5 }', { A: '5' }, 'F'],
    ['{ A|contains|neq: x }', { A: 'axb' }, 'F'],
    ['{ A|contains|all|neq: [x, y] }', { A: 'x' }, 'T'],
    ['{ A|contains|all|neq: [x, y] }', { A: 'xy' }, 'F'],
    ['{ A|neq: null }', {}, 'F'],
    ['{ A|neq: null }', { A: 1 }, 'T'],
    ['{ A|neq: x }', { A: ['x', 'y'] }, 'F'],
    // windash
    ['{ A|windash|contains: " -enc " }', { A: 'p /enc x' }, 'T'],
    ['{ A|windash|contains: " /enc " }', { A: 'p -enc x' }, 'T'],
    ['{ A|windash|contains: " -enc " }', { A: 'p –enc x' }, 'T'],
    ['{ A|windash|contains: " -enc " }', { A: 'p ―enc x' }, 'T'],
    ['{ A|windash|contains: " –enc " }', { A: 'p -enc x' }, 'T'],
    ['{ A|windash|contains: " -a-b" }', { A: 'p /a-b' }, 'T'],
    ['{ A|windash|contains: " -a-b" }', { A: 'p /a/b' }, 'F'],
    ['{ A|windash|contains: "x-y" }', { A: 'x/y' }, 'F'],
    ['{ A|windash|contains|all: [" -a", " -b"] }', { A: 'p /a ―b' }, 'T'],
    ['{ A|windash|contains|all: [" -a", " -b"] }', { A: 'p /a –a' }, 'F'],
    ['{ A|contains|windash: " -a " }', { A: 'p /a b' }, 'T'],
    ['{ A|windash: 5 }', {}, 'wants a string'],
    // base64 and its offsets
    ['{ A|base64: "/bin/sh" }', { A: base64('/bin/sh') }, 'T'],
    ['{ A|base64|contains: cmd }', { A: `x ${base64('cmd')}` }, 'T'],
    ['{ A|base64: "a*" }', {}, 'takes no wildcards'],
    ["{ A|base64: 'a\\*' }", { A: base64('a*') }, 'T'],
    ['{ A|base64: 5 }', {}, 'wants a string'],
    ['{ A|base64offset|contains: "/bin/bash" }', { A: base64('run /bin/bash now') }, 'T'],
    ['{ A|base64offset|contains: "/bin/bash" }', { A: base64('sh: /bin/bash') }, 'T'],
    ['{ A|base64offset|contains: "/bin/bash" }', { A: base64('x/bin/bash') }, 'T'],
    ['{ A|base64offset|contains: größe }', { A: base64('12größe345') }, 'T'],
    ['{ A|base64offset|contains: größe }', { A: base64('1größe345') }, 'T'],
    ['{ A|base64offset|contains: "a?" }', {}, 'takes no wildcards'],
    ['{ A|base64offset|contains|all: ["/bin/sh", curl] }', { A: base64('curl x | /bin/sh') }, 'T'],
    ['{ A|base64offset|contains|all: ["/bin/sh", curl] }', { A: base64('curl x | /bin/ash') }, 'F'],
    // UTF-16
    ['{ A|wide|base64offset|contains: ping }', { A: wide('x ping') }, 'T'],
    ['{ A|utf16le|base64: cmd }', { A: 'YwBtAGQA' }, 'T'],
    ['{ A|utf16be|base64: cmd }', { A: 'AGMAbQBk' }, 'T'],
    ['{ A|utf16|base64: cmd }', { A: '//5jAG0AZAA=' }, 'T'],
    ['{ A|wide: ab }', { A: 'a\0b\0' }, 'T'],
    ['{ A|wide|base64: ä }', { A: wide('ä') }, 'T'],
    // re and its flags
    ['{ A|re: b }', { A: 'abc' }, 'T'],
    ['{ A|re: ["^x", "c$"] }', { A: 'abc' }, 'T'],
    ['{ A|re|all: [a, c] }', { A: 'abc' }, 'T'],
    ['{ A|re: "^a$" }', { A: 'a\n' }, 'F'],
    ['{ A|re: "^b" }', { A: 'a\nb' }, 'F'],
    ['{ A|re|m: "^b" }', { A: 'a\nb' }, 'T'],
    ['{ A|re|multiline: "a$" }', { A: 'a\nb' }, 'T'],
    ['{ A|re: "a.b" }', { A: 'a\nb' }, 'F'],
    ['{ A|re|s: "a.b" }', { A: 'a\nb' }, 'T'],
    ['{ A|re|dotall|ignorecase: "A.B" }', { A: 'a\nb' }, 'T'],
    ['{ A|re: "(?i)ABC" }', { A: 'abc' }, 'T'],
    ["{ A|re: '^\\d\\w\\s\\S$' }", { A: '1a b' }, 'T'],
    ["{ A|re: '\\d' }", { A: '٣' }, 'F'],
    ["{ A|re: '\\\\\\\\x' }", { A: '\\\\x' }, 'T'],
    ['{ A|re: "*" }', {}, 'nothing to repeat'],
    ['{ A|re: "a(?=b)" }', {}, 'look-ahead is outside the dialect'],
    ["{ A|re: '(a)\\1' }", {}, 'back-references are outside the dialect'],
    ['{ A|re: 5 }', { A: 'a5' }, 'T'],
    ['{ A|re: null }', {}, 'wants a string'],
    ['{ A|contains|re: x }', {}, 'the modifier re must be the first'],
    ['{ A|i: x }', {}, 'wants the modifier re before it'],
    ['{ A|re: x }', {}, 'F'],
    ['{ A|re: "^5$" }', { A: 5 }, 'T'],
    // cidr
    ['{ A|cidr: 10.0.0.0/8 }', { A: ['x', '10.2.3.4'] }, 'T'],
    ['{ A|cidr: [192.168.0.0/16, "fe80::/10"] }', { A: 'fe80::1%eth0' }, 'T'],
    ['{ A|cidr: 10.1.2.3 }', { A: '10.1.2.3' }, 'T'],
    ['{ A|cidr: 10.0.0.0/8 }', { A: '::ffff:10.1.2.3' }, 'F'],
    ['{ A|cidr: 10.0.0.0/8 }', { A: '10.1.2.3:80' }, 'F'],
    ['{ A|cidr: 10.0.0.1/8 }', {}, 'it has host bits set'],
    ['{ A|cidr: 10.0.0.0/33 }', {}, 'longer than 32 bits'],
    ['{ A|cidr: everywhere }', {}, 'it is no IPv4 or IPv6 network'],
    ['{ A|contains|cidr: 10.0.0.0/8 }', {}, 'the modifier cidr must be the first'],
    // comparisons
    ['{ A|gt: 5 }', { A: '10' }, 'T'],
    ['{ A|gt: 5 }', { A: 'many' }, 'F'],
    ['{ A|gt: 5 }', {}, 'F'],
    ['{ A|lt: 5 }', { A: -1e3 }, 'T'],
    ['{ A|gte: 5 }', { A: 5 }, 'T'],
    ['{ A|lte: [1, 5] }', { A: 3 }, 'T'],
    ['{ A|gt: 5 }', { A: [1, 9] }, 'T'],
    ['{ A|gt: 5 }', { A: true }, 'F'],
    ["{ A|gt: '5' }", {}, 'wants a number, unquoted'],
    // fieldref
    ['{ A|fieldref: B }', { A: 'X', B: 'x' }, 'T'],
    ['{ A|fieldref: B }', { A: 'x' }, 'F'],
    ['{ A|fieldref: B }', {}, 'F'],
    ['{ A|fieldref: B }', { A: null, B: null }, 'F'],
    ['{ A|fieldref: B }', { A: ['a', 'b'], B: ['c', 'b'] }, 'T'],
    ['{ A|fieldref: B }', { A: '5', B: 5 }, 'T'],
    ['{ A|fieldref: B.c }', { A: 'x', B: { c: 'x' } }, 'T'],
    ['{ A|fieldref: B }', { A: 'abc', B: 'a*' }, 'F'],
    ['{ A|fieldref|neq: B }', { A: 'x' }, 'T'],
    ['{ A|fieldref|startswith: B }', { A: 'abc', B: 'AB' }, 'T'],
    ['{ A|fieldref|endswith: B }', { A: 'abc', B: 'bc' }, 'T'],
    ['{ A|fieldref|contains: B }', { A: 'abc', B: 'b' }, 'T'],
    ['{ A|fieldref|cased: B }', { A: 'X', B: 'x' }, 'F'],
    ['{ A|fieldref: "B*" }', {}, 'takes no wildcards'],
    ['{ A|fieldref: 5 }', {}, 'wants a string'],
    // parts of a time
    ['{ A|hour: 23 }', { A: '2026-11-21T23:59:59.9+02:00' }, 'T'],
    ['{ A|minute: 59 }', { A: '2026-11-21 23:59:59' }, 'T'],
    ['{ A|day: 21 }', { A: '2026-11-21T23:59:59Z' }, 'T'],
    ['{ A|week: 53 }', { A: '2027-01-01T00:00:00Z' }, 'T'],
    ['{ A|week: 1 }', { A: '2024-12-30T00:00:00Z' }, 'T'],
    ['{ A|month: 11 }', { A: 1_795_305_599 }, 'T'],
    ['{ A|year: 2026 }', { A: '1795305599000' }, 'T'],
    ['{ A|year: 2026 }', { A: '2026-02-30T00:00:00Z' }, 'F'],
    ['{ A|hour: 23 }', { A: 'late' }, 'F'],
    ['{ A|hour: 23 }', {}, 'F'],
    ['{ A|hour: late }', {}, 'wants an integer, unquoted'],
  ])('%s on %o: %s', (detection, record, expected) => {
    const said = outcome(ruleWith(detection), record)
    if (expected.length === 1) expect(said).toBe(expected)
    else expect(said).toContain(expected)
  })

  it('warns of all on a single value', () => {
    expect(compile(ruleWith('{ A|contains|all: x }')).warnings).toHaveLength(1)
    expect(compile(ruleWith('{ A|contains|all: [x, y] }')).warnings).toEqual([])
  })
})

describe('6 placeholders', () => {
  const lists = { ours: ['a', 'b*'], other: ['x', 'y'] }
  it.each<Row>([
    ['{ A|expand: "%ours%" }', { A: 'a' }, 'T'],
    ['{ A|expand: "%ours%" }', { A: 'bcd' }, 'T'],
    ['{ A|expand: "%ours%" }', { A: 'c' }, 'F'],
    ['{ A|expand: "%ours%-%other%" }', { A: 'bb-y' }, 'T'],
    ['{ A|expand|contains: "%other%" }', { A: 'axb' }, 'T'],
    ['{ A|contains|expand: "%other%" }', { A: 'axb' }, 'T'],
    ["{ A|expand: '\\%ours\\%' }", { A: '%ours%' }, 'T'],
    ['{ A: "%ours%" }', { A: '%ours%' }, 'T'],
    ['{ A|re|expand: "^%other%$" }', { A: 'y' }, 'T'],
    ['{ A|expand: "%nobody%" }', {}, 'the placeholder %nobody% has no values'],
    ['{ A|expand: 5 }', {}, 'wants a string'],
  ])('%s on %o: %s', (detection, record, expected) => {
    const said = outcome(ruleWith(detection), record, lists)
    if (expected.length === 1) expect(said).toBe(expected)
    else expect(said).toContain(expected)
  })
})

describe('7 conditions', () => {
  const detection =
    '  a: {A: 1}\n  b: {B: 1}\n  c: {C: 1}\n  s_1: {A: 1}\n  s_2: {B: 1}\n  x-y: {A: 1}\n  notes: {A: 1}\n  order: {A: 1}\n  android: {A: 1}\n  allof: {A: 1}\n  _h: {H: 1}\n  _i: {A: 1}\n'
  it.each<Row>([
    ['a or b and c', { A: 1 }, 'T'],
    ['a and b or c', { C: 1 }, 'T'],
    ['not a or b', { A: 1 }, 'F'],
    ['not a and not b', {}, 'T'],
    ['not (a or b)', { B: 1 }, 'F'],
    ['1 of s_*', { B: 1 }, 'T'],
    ['any of s_*', {}, 'F'],
    ['all of s_*', { A: 1 }, 'F'],
    ['not 1 of s_*', {}, 'T'],
    ['not all of s_*', { A: 1 }, 'T'],
    ['1 of s_* and c', { A: 1, C: 1 }, 'T'],
    ['1 of them', { H: 1 }, 'F'],
    ['_h', { H: 1 }, 'T'],
    ['all of _*', { H: 1, A: 1 }, 'T'],
    ['1 of *', { H: 1 }, 'F'],
    ['1 of *_1', { A: 1 }, 'T'],
    ['1 of a', { A: 1 }, 'T'],
    ['1 of filter_*', {}, 'F'],
    ['all of filter_*', {}, 'F'],
    ['a and not 1 of filter_*', { A: 1 }, 'T'],
    ['a and not all of filter_*', { A: 1 }, 'T'],
    ['x-y', { A: 1 }, 'T'],
    ['notes and order and android and allof', { A: 1 }, 'T'],
    ['a\n  and\n\tb', { A: 1, B: 1 }, 'T'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, { A: 1 }, 'T'],
    ['a AND b', {}, 'unexpected "AND"'],
    ['NOT a', {}, 'there is no identifier "NOT"'],
    ['ALL OF them', {}, 'there is no identifier "ALL"'],
    ['2 of s_*', {}, '"2" is no quantifier'],
    ['some of s_*', {}, '"some" is no quantifier'],
    ['a or', {}, 'it ends too early'],
    ['or a', {}, 'unexpected "or"'],
    ['a b', {}, 'unexpected "b"'],
    ['(a', {}, 'a parenthesis is not closed'],
    ['a)', {}, 'unexpected ")"'],
    ['', {}, 'it is empty'],
    ['z', {}, 'there is no identifier "z"'],
    ['condition', {}, 'there is no identifier "condition"'],
    ['a | count() > 5', {}, 'aggregations are not supported'],
    ['1 of', {}, 'of what?'],
    ['1 of (a)', {}, 'of what?'],
    ['not', {}, 'it ends too early'],
    ['s*', {}, 'unexpected "s*"'],
  ])('%j on %o: %s', (condition, record, expected) => {
    const text = `title: t\nlogsource: { category: test }\ndetection:\n${detection}  condition: ${JSON.stringify(condition)}\n`
    const said = outcome(text, record)
    if (expected.length === 1) expect(said).toBe(expected)
    else expect(said).toContain(expected)
  })

  it('holds if any condition of a list does', () => {
    const text = (conditions: string): string =>
      `title: t\nlogsource: { category: test }\ndetection:\n${detection}  condition: ${conditions}\n`
    expect(outcome(text('[a, b]'), { B: 1 })).toBe('T')
    expect(outcome(text('[a, b]'), { C: 1 })).toBe('F')
    expect(outcome(text('[]'), {})).toContain('condition is empty')
    expect(outcome(text('[5]'), {})).toContain('condition must be text')
    expect(outcome(text('{ a: b }'), {})).toContain('condition must be text')
  })

  it('warns of a pattern that selects nothing, and of an identifier that nothing uses', () => {
    const { warnings } = compile(
      'title: t\nlogsource: { category: test }\ndetection:\n  s: {A: 1}\n  u: {A: 1}\n  condition: s and not 1 of filter_*\n',
    )
    expect(warnings.map(({ message }) => message)).toEqual([
      'no condition uses the identifier "u"',
      'condition: "filter_*" selects no identifier',
    ])
  })
})

describe('9 filters', () => {
  const rule =
    'title: r\nid: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11\nname: named\nlogsource: { product: linux, category: test }\ndetection: { s: { A: x }, t: { B: y }, condition: [s, t] }\n'
  const fires = (filter: string, record: unknown): boolean | string => {
    const { ruleset, refused } = compile(`${rule}---\ntitle: f\n${filter}`)
    if (refused[0] !== undefined) return refused[0].message
    return ruleset.match(eventOf(record, { product: 'linux', category: 'test' })).length > 0
  }
  const filter = (rules: string, logsource = '{ product: linux }', condition = 'not s'): string =>
    `logsource: ${logsource}\nfilter: { rules: ${rules}, s: { U: z }, condition: ${condition} }\n`

  it.each<[string, unknown, boolean]>([
    ['any', { A: 'x', U: 'z' }, false],
    ['ANY', { A: 'x', U: 'z' }, false],
    ['[]', { A: 'x', U: 'z' }, false],
    ['[named]', { B: 'y', U: 'z' }, false],
    ['named', { B: 'y', U: 'z' }, false],
    ['[0A8F9D43-5B7E-4D0C-9C39-1F6A4B2F7E11]', { A: 'x', U: 'z' }, false],
    ['[another]', { A: 'x', U: 'z' }, true],
    ['any', { A: 'x' }, true],
  ])('for %s on %o: %s', (rules, record, expected) => {
    expect(fires(filter(rules), record)).toBe(expected)
  })

  it('concerns rules whose log source its own contains', () => {
    const record = { A: 'x', U: 'z' }
    expect(fires(filter('any', '{ product: linux, category: test }'), record)).toBe(false)
    expect(fires(filter('any', '{ category: TEST }'), record)).toBe(false)
    expect(fires(filter('any', '{ product: windows }'), record)).toBe(true)
    expect(fires(filter('any', '{ product: linux, service: audit }'), record)).toBe(true)
  })

  it('keeps what its condition says, which sees its own identifiers alone', () => {
    expect(fires(filter('any', '{ product: linux }', 's'), { A: 'x', U: 'z' })).toBe(true)
    expect(fires(filter('any', '{ product: linux }', 'not 1 of them'), { A: 'x' })).toBe(true)
    expect(fires(filter('any', '{ product: linux }', 'not t'), { A: 'x' })).toContain('no identifier "t"')
  })

  it.each([
    ['filter: { rules: any, s: { U: z }, condition: not s }', 'a filter needs logsource'],
    ['logsource: { product: linux }\nfilter: { s: { U: z }, condition: not s }', 'a filter needs rules'],
    ['logsource: { product: linux }\nfilter: { rules: any, s: { U: z } }', 'needs condition'],
    ['logsource: { product: linux }\nfilter: { rules: any, condition: s }', 'no search identifier'],
    [
      'logsource: { product: linux }\nfilter: { rules: any, s: { U: z }, condition: [not s] }',
      'one condition',
    ],
    [
      'logsource: { product: linux }\nfilter: { rules: {}, s: { U: z }, condition: not s }',
      'rules must be texts',
    ],
    ['logsource: { product: linux }\nfilter: text', 'filter must be a mapping'],
  ])('%j is refused: %s', (written, reason) => {
    expect(fires(`${written}\n`, {})).toContain(reason)
  })
})
