import { describe, expect, it } from 'vitest'
import { compileRules } from './sigma.ts'
import type { Compiled } from './types.ts'
import { eventOf } from './testing.ts'

function compile(...documents: readonly string[]): Compiled {
  const text = documents.join('---\n')
  return compileRules([{ file: 'rules.yml', text, line: 1, strategy: 'sigma' }], { lists: new Map() })
}

function titles({ ruleset }: Compiled, record: unknown): readonly string[] {
  return ruleset.match(eventOf(record, { category: 'test' })).map(({ rule }) => rule.title)
}

const RULE = 'title: one\ndetection: {s: {A: x}, condition: s}\n'

describe('a collection of documents', () => {
  it('merges a template into the rules that follow, and wins where both say something', () => {
    const compiled = compile(
      'action: global\nlogsource: {category: test}\nlevel: high\ndetection: {extra: {B: y}, condition: s and extra}\n',
      RULE,
      'title: two\nlevel: low\ndetection: {s: {A: z}, condition: s}\n',
    )
    expect(compiled.refused).toEqual([])
    expect(compiled.ruleset.rules.map(({ title, level }) => [title, level])).toEqual([
      ['one', 'high'],
      ['two', 'high'],
    ])
    expect(titles(compiled, { A: 'x', B: 'y' })).toEqual(['one'])
    expect(titles(compiled, { A: 'x' })).toEqual([])
    expect(titles(compiled, { A: 'z', B: 'y' })).toEqual(['two'])
  })

  it('replaces lists as wholes', () => {
    const compiled = compile(
      'action: global\nlogsource: {category: test}\ntags: [attack.t1611]\n',
      `tags: [attack.t1059, attack.t1105]\n${RULE}`,
    )
    expect(compiled.ruleset.rules.map(({ tags }) => tags)).toEqual([['attack.t1611']])
  })

  it('drops the template at a reset', () => {
    const compiled = compile('action: global\nlogsource: {category: test}\n', RULE, 'action: reset\n', RULE)
    expect(compiled.ruleset.rules.map(({ title }) => title)).toEqual(['one'])
    expect(compiled.refused.map(({ message }) => message)).toEqual(['a rule needs logsource'])
  })

  it('makes a rule of the one before and what is to differ', () => {
    const compiled = compile(
      `logsource: {category: test}\n${RULE}`,
      'action: repeat\ntitle: two\ndetection: {s: {A: z}}\n',
    )
    expect(compiled.refused).toEqual([])
    expect([titles(compiled, { A: 'x' }), titles(compiled, { A: 'z' })]).toEqual([['one'], ['two']])
  })

  it.each([
    ['action: repeat\ntitle: two\n', 'there is no rule before it to repeat'],
    ['action: explode\n', 'unknown action "explode"'],
    ['action: [global]\n', 'unknown action of another type'],
  ])('refuses %j', (document, message) => {
    expect(compile(document).refused.map((each) => each.message)).toEqual([message])
  })

  it('gives rules that a template gave one id, or that have one title alone, an id each', () => {
    const id = '0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11'
    const compiled = compile(
      `action: global\ntitle: one\nid: ${id}\nlogsource: {category: test}\ndetection: {condition: s}\n`,
      'detection: {s: {A: x}}\n',
      'detection: {s: {A: y}}\n',
      'action: repeat\ndetection: {s: {A: z}}\n',
      'action: reset\n',
      `logsource: {category: test}\n${RULE}`,
      `logsource: {category: test}\n${RULE}`,
    )
    expect(compiled.refused).toEqual([])
    const ids = compiled.ruleset.rules.map((rule) => rule.id)
    expect(ids.slice(0, 3)).toEqual([id, `${id}-2`, `${id}-3`])
    expect(ids[4]).toBe(`${ids[3]}-2`)
    for (const value of ['x', 'y', 'z']) expect(titles(compiled, { A: value })).toContain('one')
  })

  it('leaves filters alone', () => {
    const compiled = compile(
      'action: global\nlogsource: {category: test}\ndetection: {s: {A: never}}\n',
      'title: f\nlogsource: {category: test}\nfilter: {rules: any, s: {B: y}, condition: not s}\n',
      'title: one\ndetection: {condition: s}\n',
    )
    expect(compiled.refused).toEqual([])
    expect(titles(compiled, { A: 'never' })).toEqual(['one'])
    expect(titles(compiled, { A: 'never', B: 'y' })).toEqual([])
  })
})
