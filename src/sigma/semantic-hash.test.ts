import { describe, expect, it } from 'vitest'
import { readLibrary } from './library.ts'
import { semanticHash, semanticHashOver } from './semantic-hash.ts'

const RULE = `title: A shell in a container
id: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11
level: high
logsource: {product: linux, category: process_creation}
detection:
  selection:
    Image|endswith: [/sh, /bash]
    CommandLine|contains|all: [-c, curl]
  filter_own: {User: backup, Image|cased: /Bin/Own}
  condition: selection and not filter_own
`

function hashOf(text: string, lists: Readonly<Record<string, readonly string[]>> = {}): string {
  const { rules, refused } = readLibrary(
    [{ file: 'rule.yml', text, line: 1, strategy: 'sigma' }],
    new Map(Object.entries(lists)),
  )
  expect(refused).toEqual([])
  return semanticHash(rules[0]!.rule)
}

/** The rule with one part of its text replaced by another. */
function changed(from: string, to: string): string {
  expect(RULE).toContain(from)
  return RULE.replace(from, to)
}

describe('the semantic hash of a rule', () => {
  it.each([
    ['a comment', 'level: high', '# a comment\nlevel: high'],
    ['the title', 'A shell', 'Some shell'],
    ['the id', '0a8f9d43', '0a8f9d44'],
    ['the level', 'level: high', 'level: low'],
    ['a description', 'level: high', 'level: high\ndescription: words'],
    ['the form of a list', '[/sh, /bash]', '\n      - /sh\n      - "/bash"'],
    ['the order of alternatives', '[/sh, /bash]', '[/bash, /sh]'],
    ['an alternative written twice', '[/sh, /bash]', '[/bash, /sh, /bash]'],
    ['the order of what must all be there', '[-c, curl]', '[curl, -c]'],
    ['the case of a text', '/bash', '/BASH'],
    ['the case of a log source', 'linux', 'Linux'],
    ['parentheses', 'selection and not filter_own', '((selection)) and (not (filter_own))'],
    ['the order of a condition', 'selection and not filter_own', 'not filter_own and selection'],
    ['a quantifier', 'selection and', '1 of selection* and'],
    ['an identifier that no condition uses', '  condition', '  unused: {A: b}\n  condition'],
  ])('stays with %s', (_what, from, to) => {
    expect(hashOf(changed(from, to))).toBe(hashOf(RULE))
  })

  it.each([
    ['a value', '/bash', '/dash'],
    ['a field', 'User:', 'LogonId:'],
    ['a modifier', 'Image|endswith', 'Image|contains'],
    ['all', 'contains|all', 'contains'],
    ['the case of a text that is cased', '/Bin/Own', '/bin/own'],
    ['the log source', 'product: linux', 'product: windows'],
    ['the condition', 'selection and not filter_own', 'selection'],
    ['its operator', 'selection and not', 'selection or not'],
    ['a negation', 'and not filter_own', 'and filter_own'],
    ['a text in place of a number', 'User: backup', "User: '5'"],
    ['a network', 'User: backup', 'User|cidr: 10.0.0.0/8'],
    ['a regular expression', 'User: backup', 'User|re: backup'],
  ])('changes with %s', (_what, from, to) => {
    expect(hashOf(changed(from, to))).not.toBe(hashOf(RULE))
  })

  it.each([
    ['User|cidr: 10.0.0.0/8', 'User|cidr: 10.0.0.0/9'],
    ['User|re: a', 'User|re|i: a'],
    ['User: 5', "User: '5'"],
    ['User: 9007199254740992', 'User: 9007199254740993'],
    ['User|gt: 5', 'User|gte: 5'],
    ['User|hour: 5', 'User|minute: 5'],
    ['User|fieldref: A', 'User|fieldref|startswith: A'],
    ['User: a', 'User|neq: a'],
    ['User: null', "User: ''"],
    ['User: a*', "User: 'a\\*'"],
  ])('tells %s from %s', (one, other) => {
    expect(hashOf(changed('User: backup', one))).not.toBe(hashOf(changed('User: backup', other)))
  })

  it('changes with the values of a list, and with a filter that concerns the rule', () => {
    const listed = changed('User: backup', 'User|expand: "%owners%"')
    expect(hashOf(listed, { owners: ['a'] })).not.toBe(hashOf(listed, { owners: ['a', 'b'] }))
    const filter = (user: string): string =>
      `${RULE}---\ntitle: f\nlogsource: {product: linux}\nfilter: {rules: any, s: {User: ${user}}, condition: not s}\n`
    expect(hashOf(filter('x'))).not.toBe(hashOf(RULE))
    expect(hashOf(filter('x'))).not.toBe(hashOf(filter('y')))
  })
})

describe('the semantic hash over other rules', () => {
  it('is that of its own data, keys in any order, and of theirs, in their order', () => {
    const over = semanticHashOver({ type: 'temporal', timespan: 5, note: undefined }, ['a', 'b'])
    expect(semanticHashOver({ timespan: 5, type: 'temporal' }, ['a', 'b'])).toBe(over)
    expect(semanticHashOver({ timespan: 6, type: 'temporal' }, ['a', 'b'])).not.toBe(over)
    expect(semanticHashOver({ timespan: 5, type: 'temporal' }, ['b', 'a'])).not.toBe(over)
    expect(semanticHashOver({ timespan: 5, type: 'temporal' }, ['a', 'c'])).not.toBe(over)
  })
})
