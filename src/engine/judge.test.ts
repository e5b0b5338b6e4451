import { describe, expect, it } from 'vitest'
import { aContainer, aMatch } from '../../test/builders.ts'
import type { Match } from '../domain/match.ts'
import { EMPTY_SITE, type Site } from '../site/site.ts'
import { parseStrategy } from '../strategy/parse.ts'
import { compileRules } from '../sigma/sigma.ts'
import { createJudge, listExpired, listsOf } from './judge.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const RULE = `title: A rule
name: a_rule
logsource: { category: container_create }
detection: { s: { container.privileged: true }, condition: s }
level: medium
`
const accountable = { owner: 'platform', reason: 'known', file: 'site.yaml', line: 1 }

function judgeOf(site: Partial<Site>, document = ''): ReturnType<typeof createJudge>['judge'] {
  const { strategy } = parseStrategy('a-strategy.md', document)
  const { ruleset } = compileRules([{ file: 'r', text: RULE, line: 1, strategy: strategy.id }], {
    lists: new Map(),
  })
  return createJudge({
    strategies: [strategy],
    rules: ruleset.rules,
    site: { ...EMPTY_SITE, ...site },
    lists: new Map(),
    zone: 'Europe/Berlin',
    now: () => NOW,
  }).judge
}
const match = aMatch({}, { id: 'a_rule' })

describe('a filter', () => {
  const filter = { ...accountable, id: 'F1', rules: ['a_rule'], match: { 'container.image.name': 'nginx' } }

  it('holds back until the end of its last day in the site’s zone, not longer', () => {
    const expires = (day: string): string | undefined =>
      judgeOf({ filters: [{ ...filter, expires: day }] }).suppressedBy(match)
    expect([expires('2026-11-20'), expires('2026-11-19')]).toEqual(['F1', undefined])
  })

  it('holds back its own rules and its own match only', () => {
    const judge = judgeOf({ filters: [{ ...filter, expires: '2027-01-01' }] })
    expect(judge.suppressedBy(aMatch({}, { id: 'another' }))).toBeUndefined()
    expect(
      judge.suppressedBy(
        aMatch({ resource: aContainer({ 'container.image.name': 'redis' }) }, { id: 'a_rule' }),
      ),
    ).toBeUndefined()
  })
})

it('a silence holds back every rule until its instant', () => {
  const silence = { ...accountable, id: 'S1', match: { 'host.name': 'node-1' } }
  const until = (instant: string): string | undefined =>
    judgeOf({ silences: [{ ...silence, until: instant }] }).suppressedBy(match)
  expect([until('2026-11-20T12:00:01Z'), until('2026-11-20T12:00:00Z')]).toEqual(['S1', undefined])
})

it('a rule that the site switched off is held back and named', () => {
  const judge = judgeOf({ rules: { a_rule: { owner: 'o', reason: 'r', enabled: false } } })
  expect(judge.suppressedBy(match)).toContain('a_rule')
})

it('what the site sets of a rule holds until the end of its last day', () => {
  const setTo = (expires: string): readonly unknown[] => {
    const setting = { owner: 'o', reason: 'r', expires, level: 'critical' as const }
    const judge = judgeOf({ rules: { a_rule: setting } })
    const off = judgeOf({ rules: { a_rule: { ...setting, enabled: false } } })
    return [judge.rate(match).level, off.suppressedBy(match) !== undefined]
  }
  expect([setTo('2026-11-20'), setTo('2026-11-19')]).toEqual([
    ['critical', true],
    ['medium', false],
  ])
})

it('the level is the site’s, else the first condition of Priority that holds, else the rule’s', () => {
  const priority =
    '# Priority\n```yaml ads:priority\ndefault: low\nwhen:\n  - { if: { container.privileged: true }, then: critical }\n```\n'
  const privileged = aMatch(
    { record: { 'container.privileged': true } },
    { id: 'a_rule', strategy: 'a-strategy' },
  )
  expect(judgeOf({}, priority).rate(privileged).level).toBe('critical')
  expect(judgeOf({}, priority).rate(match).level).toBe('medium')
  expect(
    judgeOf({ rules: { a_rule: { owner: 'o', reason: 'r', level: 'low' } } }, priority).rate(privileged)
      .level,
  ).toBe('low')
})

it('another level than the rule’s says what gave it', () => {
  const priority =
    '# Priority\n```yaml ads:priority\ndefault: low\nwhen:\n  - { if: { host.name: node-1 }, then: medium }\n  - { if: { container.privileged: true }, then: critical }\n```\n'
  const privileged = (host: string): Match =>
    aMatch(
      { record: { 'container.privileged': true }, resource: aContainer({ 'host.name': host }) },
      { id: 'a_rule', strategy: 'a-strategy' },
    )
  const site = { rules: { a_rule: { owner: 'o', reason: 'r', level: 'high' as const } } }
  expect(judgeOf({}, priority).rate(privileged('node-2')).rating).toEqual({
    by: 'priority',
    rule: 'medium',
    condition: { 'container.privileged': true },
  })
  expect(judgeOf(site, priority).rate(privileged('node-2')).rating).toEqual({ by: 'site', rule: 'medium' })
  // the first condition that holds gives the level that the rule has anyhow
  expect(judgeOf({}, priority).rate(privileged('node-1'))).not.toHaveProperty('rating')
  expect(judgeOf({}).rate(match)).not.toHaveProperty('rating')
})

it('a list counts until the end of its last day', () => {
  const list = { ...accountable, values: ['x'], expires: '2026-11-20' }
  const site = { ...EMPTY_SITE, lists: new Map([['l', list]]) }
  const midnight = Date.UTC(2026, 10, 20, 23)
  expect([
    listsOf(site, 'Europe/Berlin', midnight - 1).size,
    listsOf(site, 'Europe/Berlin', midnight).size,
  ]).toEqual([1, 0])
  expect([
    listExpired(site, 'Europe/Berlin', NOW, midnight - 1),
    listExpired(site, 'Europe/Berlin', NOW, midnight),
  ]).toEqual([false, true])
})
