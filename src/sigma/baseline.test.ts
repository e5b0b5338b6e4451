import { describe, expect, it } from 'vitest'
import { ranking } from './baseline-orders.ts'
import { compileRules } from './sigma.ts'

const RULE =
  'title: seen\nname: seen\nlogsource: { category: test }\ndetection: { s: { A: 1 }, condition: s }\nlevel: low\n---\n'
const compile = (text: string) =>
  compileRules([{ file: 'r.yml', text: `${RULE}${text}`, line: 1, strategy: 's' }], { lists: new Map() })
const baseline = (body: string, more = '') => compile(`title: b\nname: b\nbaseline: {${body}}\n${more}`)

describe('a baseline', () => {
  it('has a week and a hundred samples to learn unless told', () => {
    const { ruleset, refused } = baseline('type: new_value, rules: [seen], group-by: [User], field: Image')
    expect(refused).toEqual([])
    expect(ruleset.baselines).toMatchObject([
      {
        groupBy: ['User'],
        peers: ['User'],
        fields: ['Image'],
        learning: { span: 7 * 86_400_000, samples: 100, days: 7 },
        retain: 60 * 86_400_000,
        alert: false,
        weight: 25,
        test: { type: 'new_value' },
      },
    ])
  })

  it('takes its rules as signals, and says so of itself', () => {
    const { ruleset } = baseline('type: new_value, rules: [seen], field: Image')
    expect(ruleset.rules.map(({ id, signalOf, baseline: own }) => [id, signalOf, own?.alert])).toEqual([
      ['seen', ['b'], undefined],
      ['b', undefined, false],
    ])
    const audible = baseline('type: new_value, rules: [seen], field: Image, generate: true')
    expect(audible.ruleset.rules[0]?.signalOf).toBeUndefined()
  })

  it('keeps what it learned under what it means: not under title, level, weight or whether it alerts', () => {
    const hash = (body: string, more = '') => baseline(body, more).ruleset.baselines[0]?.hash
    const plain = 'type: new_value, rules: [seen], field: Image'
    expect(hash(`${plain}, alert: true, weight: 3`, 'level: high')).toBe(hash(plain))
    expect(hash(`${plain}, learn: 8d`)).not.toBe(hash(plain))
    expect(hash(plain.replace('Image', 'User'))).not.toBe(hash(plain))
  })

  it.each([
    ['type: newvalue, rules: [seen]', 'did you mean new_value?'],
    ['rules: [seen]', 'a baseline needs a type'],
    ['type: new_value, rules: [seen]', 'needs field'],
    ['type: new_value, rules: [other], field: A', 'there is no rule "other"'],
    ['type: new_value, field: A', 'a baseline needs rules'],
    ['type: new_value, rules: [seen], field: A, threshold: 3', 'has no "threshold"'],
    ['type: new_value, rules: [seen], field: A, learn: 7', 'must be a length of time'],
    ['type: new_value, rules: [seen], field: A, learn: 7d, min-days: 9', 'cannot be reached within learn'],
    ['type: new_value, rules: [seen], field: A, learn: 7d, retain: 3d', 'retain is shorter than learn'],
    ['type: change, rules: [seen], field: A, order: tls_versions', 'did you mean tls_version?'],
    ['type: change, rules: [seen], field: A, order: [a]', 'two classes of values or more'],
    ['type: spike, rules: [seen], floor: 1', 'needs timespan'],
    ['type: spike, rules: [seen], floor: 1, timespan: 7m', 'do not fill an hour'],
    ['type: spike, rules: [seen], floor: 1, timespan: 5m, for: 12m', 'no number of whole buckets'],
    ['type: spike, rules: [seen], floor: 1, timespan: 5m, aggregate: avg', 'avg is of a field'],
    ['type: absence, rules: [seen], timespan: 5m, peers: [A]', 'has no "peers"'],
    ['type: risk, rules: [seen], timespan: 1h', 'a risk needs threshold'],
    ['type: risk, timespan: 1h, threshold: 3', 'no weak signal'],
  ])('is refused with its reason: {%s}', (body, reason) => {
    const { ruleset, refused } = baseline(body)
    expect(ruleset.baselines).toEqual([])
    expect(refused.map(({ message, mend }) => `${message}: ${mend}`).join()).toContain(reason)
  })

  it('warns of a spike without a floor', () => {
    const { warnings } = baseline('type: spike, rules: [seen], timespan: 5m')
    expect(warnings).toMatchObject([{ message: expect.stringContaining('floor') as string }])
  })
})

describe('a risk', () => {
  const weak =
    'title: weak\nname: weak\nlevel: low\nbaseline: {type: new_value, rules: [seen], field: Image}\n---\n'

  it('is a correlation of weights, by entity unless told, and silences nothing', () => {
    const { ruleset, refused } = compile(
      `${weak}title: r\nbaseline: {type: risk, rules: [weak, seen], timespan: 1h, threshold: 30, weights: {seen: 7}}\n`,
    )
    expect(refused).toEqual([])
    expect(ruleset.correlations).toMatchObject([
      { type: 'risk', groupBy: ['entity'], weights: [10, 7], decidedAtEnd: false },
    ])
    expect(ruleset.rules.map(({ signalOf }) => signalOf)).toEqual([['weak'], undefined, undefined])
  })

  it('takes all weak signals of its strategy where it names none, and of all with any', () => {
    const risk = (rules: string) =>
      compileRules(
        [
          { file: 'a', text: `${RULE}${weak}`, line: 1, strategy: 'a' },
          {
            file: 'b',
            text: `${`${RULE}${weak}`.replaceAll(': seen', ': seen2').replaceAll(': weak', ': weak2').replace('[seen]', '[seen2]')}title: r\nbaseline: {type: risk, ${rules}timespan: 1h, threshold: 30}`,
            line: 1,
            strategy: 'b',
          },
        ],
        { lists: new Map() },
      ).ruleset.correlations[0]?.inputs.map(({ rule }) => rule)
    expect(risk('')).toEqual(['weak2'])
    expect(risk('rules: any, ')).toEqual(['weak', 'weak2'])
  })
})

describe('orders', () => {
  it.each([
    ['TLSv10', 'TLSv12', 'TLSv13'],
    ['SSLv3', 'TLS 1.0', 'TLSv1.1'],
  ])('know %s as weaker than %s, and that as weaker than %s', (...versions) => {
    const ruleset = baseline('type: change, rules: [seen], field: A, order: tls_version').ruleset
    const test = ruleset.baselines[0]?.test
    const rank = ranking((test?.type === 'change' && test.order) || { name: '', classes: [] })
    const ranks = versions.map((version) => rank(version) ?? -1)
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    expect(new Set(ranks).size).toBe(3)
    expect(rank('nothing that is known')).toBeUndefined()
  })

  it.each([
    ['TLS_ECDH_anon_WITH_RC4_128_SHA', 0],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 1],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 2],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 3],
    ['ECDHE-RSA-AES128-SHA256', 3],
    ['ECDHE-RSA-AES128-GCM-SHA256', 4],
    ['TLS_AES_256_GCM_SHA384', 4],
  ])('put the cipher %s into class %i', (cipher, expected) => {
    const test = baseline('type: change, rules: [seen], field: A, order: tls_cipher').ruleset.baselines[0]
      ?.test
    const rank = ranking((test?.type === 'change' && test.order) || { name: '', classes: [] })
    expect(rank(cipher)).toBe(expected)
  })
})
