import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MODIFIERS } from '../src/sigma/modifiers.ts'
import { compileRegex } from '../src/sigma/regex.ts'
import { MAX_POSITIONS } from '../src/sigma/regex-bounds.ts'
import { MAX_CHARACTERS, MAX_DEPTH, MAX_DOCUMENTS, MAX_NODES } from '../src/sigma/yaml.ts'
import { holds } from '../src/sigma/testing.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/sigma.md'), 'utf8')
const FLAGS = { ignoreCase: false, multiline: false, dotAll: false }

function section(title: string): string {
  return PAGE.split(/^## /m).find((each) => each.startsWith(title)) ?? ''
}

describe('the page about Sigma rules', () => {
  it.each([...Object.keys(MODIFIERS), 'all', 'neq'])('has the modifier %s', (modifier) => {
    expect(section('Modifiers')).toMatch(new RegExp(`\`${modifier}\``))
  })

  it.each([
    ['look-ahead', 'a(?=b)'],
    ['look-ahead', 'a(?!b)'],
    ['look-behind', '(?<=a)b'],
    ['look-behind', '(?<!a)b'],
    ['back-references', '(a)\\1'],
    ['back-references', '(?<x>a)\\k<x>'],
    ['atomic groups', '(?>a)'],
    ['possessive quantifiers', 'a++'],
    ['recursion', '(?R)'],
    ['conditionals', '(?(1)a|b)'],
    ['control verbs', '(*SKIP)a'],
    ['POSIX classes', '[[:alpha:]]'],
    ['\\p', '\\p{L}'],
    ['the flag', '(?x)a'],
  ])('names %s, and %s is refused by that name', (name, pattern) => {
    expect(section('Regular expressions')).toContain(name)
    expect(compileRegex(pattern, FLAGS)).toEqual({ wrong: expect.stringContaining(name) as string })
  })

  it.each(
    String.raw`. ^a$ a* a+? a{2,3} [a-z] [^a] a|b (a) (?<n>a) \b\B \d\D\w\W\s\S\h\H \Aa\z a\Z \n\r\t\f\v\a\e\0 \x41\x{1F600}\u0041 (?i)(?m)(?s)a (?i:a)`.split(
      ' ',
    ),
  )('%s is in the dialect', (pattern) => {
    expect(compileRegex(pattern, FLAGS)).toBeTypeOf('function')
  })

  it('has the bounds that are', () => {
    const numbers = [MAX_DOCUMENTS, MAX_NODES, MAX_DEPTH, MAX_POSITIONS].map((each) =>
      each.toLocaleString('en'),
    )
    for (const each of [...numbers, `${MAX_CHARACTERS / 1024 ** 2} MiB`])
      expect(section('Bounds')).toContain(each)
  })

  it.each([
    ['A: 9007199254740993', { A: '9007199254740992' }, 'silent'],
    ["A|re: '^\\w$'", { A: 'ä' }, 'silent'],
    ["A|re: '^\\d$'", { A: '٣' }, 'silent'],
    ["A|re: '\\bb'", { A: 'äb' }, 'holds'],
    ["A|windash|contains: ' –enc'", { A: 'ps -enc' }, 'holds'],
    ['A: [null, x]', {}, 'holds'],
    ['A|neq: [x, y]', { A: 'y' }, 'silent'],
    ['A|exists: true', { A: null }, 'holds'],
    ['A: yes', { A: 'yes' }, 'holds'],
    ['A: 010', { A: 10 }, 'holds'],
  ])('decides as it says: %s on %o', (item, record, expected) => {
    expect(holds(`  s: { ${item} }\n  condition: s`, record)).toBe(expected === 'holds')
  })
})
