import { describe, expect, it } from 'vitest'
import { compileRules } from './sigma.ts'
import type { Compiled } from './types.ts'
import { eventOf } from './testing.ts'

const ID = '0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11'
const RULE = `title: rule
id: ${ID}
name: a_rule
logsource: {product: linux, category: test}
detection:
  selection: {A: x}
  filter_own: {C: z}
  condition: selection and not 1 of filter_*
`

function filterOf(rules: string, definition: string, logsource = '{category: test}'): string {
  return `title: f\nlogsource: ${logsource}\nfilter:\n  rules: ${rules}\n${definition}`
}

const NOT_ADMIN = '  selection: {User|startswith: adm_}\n  condition: not selection\n'

function compile(
  filters: readonly string[],
  lists: Readonly<Record<string, string[]>> = {},
  strategy = 'sigma',
): Compiled {
  const text = (file: string, content: string, of: string) => ({ file, text: content, line: 1, strategy: of })
  // filters come first: references are looked up once everything is read
  return compileRules(
    [...filters.map((each, index) => text(`f${index}.yml`, each, 'sigma')), text('rule.yml', RULE, strategy)],
    { lists: new Map(Object.entries(lists)) },
  )
}

function fires({ ruleset }: Compiled, record: object): boolean {
  return ruleset.match(eventOf({ A: 'x', ...record }, { product: 'linux', category: 'test' })).length > 0
}

describe('a filter', () => {
  it.each([
    ['any'],
    ['ANY'],
    ['[]'],
    ['[a_rule]'],
    ['a_rule'],
    [`[${ID.toUpperCase()}]`],
    ['[other, a_rule]'],
  ])('with rules: %s must hold as well', (rules) => {
    const compiled = compile([filterOf(rules, NOT_ADMIN)])
    expect(compiled.refused).toEqual([])
    expect(fires(compiled, { User: 'bob' })).toBe(true)
    expect(fires(compiled, {})).toBe(true)
    expect(fires(compiled, { User: 'ADM_eve' })).toBe(false)
    expect(fires(compiled, { User: 'bob', C: 'z' })).toBe(false)
  })

  it.each([
    ['[other]', '{category: test}'],
    ['any', '{category: other}'],
    ['any', '{category: test, service: audit}'],
    ['any', '{product: windows}'],
  ])('with rules: %s and logsource %s does not concern the rule', (rules, logsource) => {
    expect(fires(compile([filterOf(rules, NOT_ADMIN, logsource)]), { User: 'adm_eve' })).toBe(true)
  })

  it('is for rules whose log source it contains', () => {
    expect(fires(compile([filterOf('any', NOT_ADMIN, '{product: Linux}')]), { User: 'adm_eve' })).toBe(false)
  })

  it('has identifiers of its own: neither sees those of the other', () => {
    const one = filterOf(
      'any',
      '  selection: {User: eve}\n  filter_x: {User: bob}\n  condition: not 1 of selection*\n',
    )
    const two = filterOf('any', '  selection: {User: mallory}\n  condition: not all of them\n')
    const compiled = compile([one, two])
    expect(['eve', 'mallory', 'bob'].map((User) => fires(compiled, { User }))).toEqual([false, false, true])
  })

  it('exempts nobody by a list that is not set', () => {
    const compiled = compile([filterOf('any', "  s: {User|expand: '%admins%'}\n  condition: not s\n")], {
      admins: ['eve'],
    })
    expect([fires(compiled, { User: 'eve' }), fires(compiled, { User: 'bob' })]).toEqual([false, true])
    expect(compiled.ruleset.rules[0]?.lists).toEqual(['admins'])
  })

  it('of plain files leaves the rules of strategies alone', () => {
    expect(fires(compile([filterOf('any', NOT_ADMIN)], {}, 'a-strategy'), { User: 'adm_eve' })).toBe(true)
  })

  it('is warned of where it keeps what it should exempt, or names a rule that is not there', () => {
    const { warnings } = compile([
      filterOf('[a_rule, nobody]', '  selection: {User: eve}\n  condition: selection\n'),
    ])
    expect(warnings.map(({ message }) => message)).toEqual([
      'the filter names the rule "nobody", which is not loaded',
      'the filter keeps only what its condition selects',
    ])
  })

  it.each([
    ['title: f\nfilter: {rules: any, s: {A: x}, condition: not s}\n', 'a filter needs logsource'],
    ['title: f\nlogsource: {category: test}\nfilter: []\n', 'filter must be a mapping'],
    [filterOf('any', '  s: {A: x}\n'), 'needs condition'],
    [filterOf('any', '  s: {A: x}\n  condition: [not s, s]\n'), 'a filter has one condition'],
    [filterOf('any', '  condition: not s\n'), 'has no search identifier'],
    [filterOf('{a: b}', NOT_ADMIN), 'rules must be texts'],
    [
      'title: f\nlogsource: {category: test}\nfilter: {s: {A: x}, condition: not s}\n',
      'a filter needs rules',
    ],
  ])('is refused: %j', (filter, message) => {
    const { refused } = compile([filter])
    expect(refused.map((each) => each.message).join('\n')).toContain(message)
  })
})
