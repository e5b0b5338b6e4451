import { describe, expect, it } from 'vitest'
import { compileRules, correlationWords } from './sigma.ts'
import type { Compiled } from './types.ts'

const ID = '0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11'

function rule(name: string, extra = ''): string {
  return `title: ${name} title\nname: ${name}\n${extra}logsource: {category: test}\ndetection: {s: {A: ${name}}, condition: s}\n`
}

function correlation(body: string, name = 'c', extra = ''): string {
  return `title: ${name} title\nname: ${name}\n${extra}correlation:\n${body.replaceAll(/^/gm, '  ')}\n`
}

const COUNT = 'type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3}'

function compile(...documents: readonly string[]): Compiled {
  return compileFiles({ 'one.yml': documents })
}

function compileFiles(files: Readonly<Record<string, readonly string[]>>, strategy = 'sigma'): Compiled {
  return compileRules(
    Object.entries(files).map(([file, documents]) => ({
      file,
      text: documents.join('---\n'),
      line: 1,
      strategy,
    })),
    { lists: new Map() },
  )
}

function refusals({ refused }: Compiled): readonly string[] {
  return refused.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

describe('a correlation', () => {
  it('is data for the engine, and a rule among the rules', () => {
    const { ruleset, refused, warnings } = compile(
      rule('a'),
      rule('b'),
      correlation(
        [
          'type: value_count',
          'rules: [a, b]',
          'group-by: [who, host.name]',
          'timespan: 2h',
          'condition: {gt: 4, field: [Image, User]}',
          'aliases: {who: {a: User, b: user.name}}',
        ].join('\n'),
        'c',
        `level: high\ntags: [attack.t1611, attack.execution]\nid: ${ID}\n`,
      ),
    )
    expect([...refused, ...warnings]).toEqual([])
    const [made] = ruleset.correlations
    expect(made).toMatchObject({
      rule: { id: ID, title: 'c title', level: 'high', attack: ['T1611'], strategy: 'sigma' },
      type: 'value_count',
      inputs: [
        { rule: 'a', name: 'a', groupBy: ['User', 'host.name'] },
        { rule: 'b', name: 'b', groupBy: ['user.name', 'host.name'] },
      ],
      groupBy: ['who', 'host.name'],
      timespan: 7_200_000,
      condition: { kind: 'compare', comparisons: [{ operator: 'gt', value: 4 }], fields: ['Image', 'User'] },
      decidedAtEnd: false,
    })
    expect(ruleset.rules.map(({ name, correlation: of }) => [name, of === made])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
    ])
  })

  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3_600],
    ['2d', 172_800],
    ['1w', 604_800],
    ['1M', 2_629_746],
    ['1y', 31_556_952],
  ])('has a window of %s', (written, seconds) => {
    const { ruleset } = compile(rule('a'), correlation(COUNT.replace('5m', written)))
    expect(ruleset.correlations[0]?.timespan).toBe(seconds * 1_000)
  })

  it('needs all of its rules where a temporal one has no condition', () => {
    const temporal = 'type: temporal\nrules: [a, b]\ntimespan: 5m'
    const { ruleset } = compile(rule('a'), rule('b'), correlation(temporal))
    expect(ruleset.correlations[0]?.condition).toEqual({
      kind: 'compare',
      comparisons: [{ operator: 'gte', value: 2 }],
      fields: [],
    })
  })

  it('names its rules in its expression alone', () => {
    const { ruleset, refused } = compile(
      rule('a'),
      rule('b'),
      rule('c1'),
      correlation('type: temporal_ordered\ntimespan: 5m\ncondition: b and (a or not c1)'),
    )
    expect(refused).toEqual([])
    expect(ruleset.correlations[0]?.inputs.map(({ name }) => name)).toEqual(['b', 'a', 'c1'])
    expect(ruleset.correlations[0]?.decidedAtEnd).toBe(true)
  })

  it('takes the first rule of an unexplained one for the effect, and decides at the end', () => {
    const { ruleset, refused } = compile(
      rule('a'),
      rule('b'),
      rule('c1'),
      correlation('type: unexplained\nrules: [b, a, c1]\ntimespan: 5m'),
    )
    expect(refused).toEqual([])
    expect(ruleset.correlations[0]?.inputs.map(({ name }) => name)).toEqual(['b', 'a', 'c1'])
    expect(ruleset.correlations[0]?.decidedAtEnd).toBe(true)
    expect(correlationWords(ruleset.correlations[0]!)).toBe('b without a or c1 in 5m')
  })

  it('looks back for causes as long as it says', () => {
    const { ruleset } = compile(
      rule('a'),
      rule('b'),
      correlation('type: unexplained\nrules: [a, b]\ntimespan: 5m\nlookback: 1d'),
    )
    expect(ruleset.correlations[0]).toMatchObject({ timespan: 300_000, lookback: 86_400_000 })
    expect(correlationWords(ruleset.correlations[0]!)).toBe('a without b in 5m, or 1d before')
  })

  it('finds rules by id and by name, in other files and in any order, the nearest first', () => {
    const { ruleset, refused } = compileFiles({
      'x.yml': [correlation(COUNT.replace('[a]', `[${ID.toUpperCase()}, a]`))],
      'y.yml': [rule('z', `id: ${ID}\n`), rule('a', 'id: 11111111-5b7e-4d0c-9c39-1f6a4b2f7e11\n')],
      'w.yml': [
        rule('a', 'id: 22222222-5b7e-4d0c-9c39-1f6a4b2f7e11\n'),
        correlation(COUNT, 'near', 'id: 33333333-5b7e-4d0c-9c39-1f6a4b2f7e11\n'),
      ],
    })
    expect(refused).toEqual([])
    expect(ruleset.correlations.map(({ inputs }) => inputs.map((input) => input.rule))).toEqual([
      [ID, '11111111-5b7e-4d0c-9c39-1f6a4b2f7e11'],
      ['22222222-5b7e-4d0c-9c39-1f6a4b2f7e11'],
    ])
  })

  it('may refer to correlations, which then come first', () => {
    const { ruleset, refused } = compile(
      correlation('type: temporal\nrules: [inner, a]\ntimespan: 1h', 'outer'),
      correlation(COUNT, 'inner'),
      rule('a'),
    )
    expect(refused).toEqual([])
    expect(ruleset.correlations.map(({ rule: { id } }) => id)).toEqual(['inner', 'outer'])
  })

  it('makes the rules of its own file signals, unless one says generate', () => {
    const signals = ({ ruleset }: Compiled): readonly string[] =>
      ruleset.rules.filter(({ signalOf }) => signalOf !== undefined).map(({ id }) => id)
    expect(signals(compile(rule('a'), rule('b'), correlation(COUNT)))).toEqual(['a'])
    expect(signals(compile(rule('a'), correlation(`${COUNT}\ngenerate: true`)))).toEqual([])
    expect(signals(compile(rule('a'), correlation(COUNT, 'c', 'generate: true\n')))).toEqual([])
    const both = compile(rule('a'), correlation(COUNT), correlation(`${COUNT}\ngenerate: true`, 'd'))
    expect(signals(both)).toEqual([])
    expect(signals(compileFiles({ 'x.yml': [rule('a')], 'y.yml': [correlation(COUNT)] }))).toEqual([])
    expect(
      signals(
        compile(correlation('type: temporal\nrules: [c]\ntimespan: 1h', 'o'), correlation(COUNT), rule('a')),
      ),
    ).toEqual(['a', 'c'])
  })

  it('leaves its rules audible where it is refused itself', () => {
    const { ruleset, refused } = compile(rule('a'), correlation(COUNT.replace('[a]', '[a, nobody]')))
    expect(refused).toHaveLength(1)
    expect(ruleset.rules.map(({ id, signalOf }) => [id, signalOf])).toEqual([['a', undefined]])
  })

  it('keeps its meaning over words, and changes it with whatever decides', () => {
    const hash = (...documents: readonly string[]): string =>
      compile(...documents).ruleset.correlations[0]!.hash
    const one = hash(rule('a'), correlation(COUNT))
    expect(hash(rule('a', 'level: high\n'), correlation(COUNT, 'c', 'level: low\n# words\n'))).toBe(one)
    const others = [
      hash(rule('a'), correlation(COUNT.replace('gte: 3', 'gte: 4'))),
      hash(rule('a'), correlation(COUNT.replace('gte: 3', 'gt: 3'))),
      hash(rule('a'), correlation(COUNT.replace('5m', '6m'))),
      hash(rule('a'), correlation(`${COUNT}\ngroup-by: [User]`)),
      hash(rule('a').replace('{A: a}', '{A: b}'), correlation(COUNT)),
      hash(rule('a'), correlation(COUNT, 'd')),
    ]
    expect(new Set([one, ...others]).size).toBe(7)
  })

  it('is no subject of filters, which act through its rules', () => {
    const filter =
      'title: f\nlogsource: {category: test}\nfilter: {rules: any, s: {User: x}, condition: not s}\n'
    const plain = compile(rule('a'), correlation(COUNT))
    const filtered = compile(rule('a'), correlation(COUNT), filter)
    expect(filtered.refused).toEqual([])
    expect(filtered.ruleset.correlations[0]?.hash).not.toBe(plain.ruleset.correlations[0]?.hash)
  })

  it.each([
    ['type: event_counts\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3}', '9:9 unknown type of correlation'],
    ['rules: [a]\ntimespan: 5m\ncondition: {gte: 3}', '9:3 a correlation needs a type'],
    ['type: event_count\ntimespan: 5m\ncondition: {gte: 3}', '9:3 a correlation needs rules'],
    [
      'type: event_count\nrules: []\ntimespan: 5m\ncondition: {gte: 3}',
      '10:10 a correlation names at least one',
    ],
    ['type: event_count\nrules: {a: b}\ntimespan: 5m\ncondition: {gte: 3}', '10:10 rules must be texts'],
    ['type: event_count\nrules: [a]\ncondition: {gte: 3}', '9:3 a correlation needs timespan'],
    [COUNT.replace('5m', '0m'), '11:13 timespan is no length of time'],
    [COUNT.replace('5m', '-5m'), '11:13 timespan is no length of time'],
    [COUNT.replace('5m', '5 minutes'), '11:13 timespan is no length of time'],
    [COUNT.replace('5m', '5'), '11:13 timespan is no length of time'],
    ['type: event_count\nrules: [a]\ntimespan: 5m', '9:3 event_count needs a condition'],
    ['type: unexplained\nrules: [a]\ntimespan: 5m', '9:3 unexplained needs an effect and a cause'],
    [`${COUNT}\nlookback: 5m`, '13:13 event_count has no lookback'],
    ['type: unexplained\nrules: [a, b]\ntimespan: 5m\nlookback: 5', '12:13 lookback is no length of time'],
    [
      'type: unexplained\nrules: [a, b]\ntimespan: 5m\ncondition: a and not b',
      '12:14 unexplained has no condition',
    ],
    [COUNT.replace('{gte: 3}', '[gte, 3]'), '12:14 condition must be a mapping'],
    [COUNT.replace('{gte: 3}', '{field: X}'), '12:14 the condition compares nothing'],
    [COUNT.replace('gte: 3', 'gte: three'), '12:20 gte must be a whole number'],
    [COUNT.replace('gte: 3', 'gte: 2.5'), '12:20 gte must be a whole number'],
    [COUNT.replace('gte: 3', 'least: 3'), '12:15 a condition has no "least"'],
    [COUNT.replace('gte: 3', 'lt: 1'), '12:14 the condition can never hold'],
    [COUNT.replace('gte: 3', 'eq: 0'), '12:14 the condition can never hold'],
    [COUNT.replace('{gte: 3}', 'a'), '12:14 event_count compares a number'],
    ['type: value_sum\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3}', '12:14 value_sum needs a field'],
    [
      'type: value_avg\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3, field: [A, B]}',
      '12:30 value_avg reads one field',
    ],
    [
      'type: value_percentile\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3, field: A}',
      '12:14 value_percentile needs a percentile',
    ],
    [
      'type: value_percentile\nrules: [a]\ntimespan: 5m\ncondition: {gte: 3, field: A, percentile: 101}',
      '12:45 value_percentile needs a percentile',
    ],
    [
      'type: temporal\nrules: [a, b]\ntimespan: 5m\ncondition: {gte: 3}',
      '12:14 the condition can never hold',
    ],
    [
      'type: temporal\nrules: [a, b]\ntimespan: 5m\ncondition: a',
      '12:14 the condition does not use the rule "b"',
    ],
    ['type: temporal\nrules: [a]\ntimespan: 5m\ncondition: a and b', '12:14 the condition uses "b"'],
    [
      'type: temporal\ntimespan: 5m\ncondition: not a',
      '11:14 the condition holds where nothing has happened',
    ],
    ['type: temporal\ntimespan: 5m\ncondition: 1 of a', '11:14 condition: "1" is no name'],
    ['type: temporal\ntimespan: 5m\ncondition: a and', '11:19 condition: it ends too early'],
    ['type: temporal\ntimespan: 5m\ncondition: (a', '11:14 condition: a parenthesis is not closed'],
    [`${COUNT}\ngroup-by: {a: b}`, '13:13 group-by must be a field or a list of fields'],
    [`${COUNT}\ngroup-by: [1]`, '13:13 group-by must be a field or a list of fields'],
    [`${COUNT}\naliases: x`, '13:12 aliases must be a mapping'],
    [`${COUNT}\naliases: {x: y}`, '13:13 the alias "x" must be a mapping'],
    [`${COUNT}\naliases: {x: {a: [b]}}`, '13:17 the alias "x" needs one field'],
    [`${COUNT}\ngenerate: 'true'`, '13:13 generate must be true or false'],
    [`${COUNT}\nwindow: sliding`, '13:3 a correlation has no "window"'],
    [COUNT.replace('[a]', '[a, nobody]'), '10:14 there is no rule "nobody"'],
    [COUNT.replace('[a]', '[c]'), '10:11 the correlation refers to itself'],
  ])('is refused, with its place and a mend: %j', (body, message) => {
    const { refused } = compile(rule('a'), correlation(body))
    const [first] = refusals({ refused } as Compiled)
    const [place = '', ...words] = message.split(' ')
    const [line, column] = place.split(':')
    // the body begins at line 9
    expect(first).toContain(words.join(' '))
    expect(refused[0]?.mend ?? '').not.toBe('')
    expect([String(refused[0]?.line), String(refused[0]?.column)]).toEqual([line, column])
  })

  it.each([
    [COUNT.replace('event_count', 'event_cuont'), 'did you mean event_count?'],
    [`${COUNT}\ngroup_by: [a]`, 'did you mean group-by?'],
    [COUNT.replace('timespan', 'timespam'), 'did you mean timespan?'],
    [`${COUNT}\nwindow: sliding`, 'remove it'],
  ])('says what was meant: %j', (body, mend) => {
    const { refused } = compile(rule('a'), correlation(body))
    expect(refused.map((each) => each.mend).join('; ')).toContain(mend)
  })

  it.each([
    ['no mapping', 'title: c\ncorrelation: [a]\n', 'correlation must be a mapping'],
    ['a title that is missing', `correlation: {type: temporal, rules: [a], timespan: 5m}\n`, 'needs a title'],
    [
      'a detection beside it',
      `title: c\ncorrelation: {type: temporal, rules: [a], timespan: 5m}\nlogsource: {category: x}\n`,
      'a correlation has no logsource',
    ],
    [
      'a wrong attribute',
      `title: c\nlevel: bad\ncorrelation: {type: temporal, rules: [a], timespan: 5m}\n`,
      'level must be one of',
    ],
  ])('is refused for %s', (_what, document, message) => {
    expect(refusals(compile(rule('a'), document)).join()).toContain(message)
  })

  it('is refused in a circle of several, beside what is sound', () => {
    const temporal = (other: string): string => `type: temporal\nrules: [${other}]\ntimespan: 5m`
    const compiled = compile(
      rule('a'),
      correlation(temporal('d'), 'c'),
      correlation(temporal('c'), 'd'),
      correlation(COUNT, 'e'),
    )
    expect(compiled.refused.map(({ message }) => message).join()).toContain('refers to itself')
    expect(compiled.ruleset.correlations.map(({ rule: { id } }) => id)).toEqual(['e'])
  })

  it.each([
    ['first', false],
    ['last', true],
  ])('is refused more than ten deep, whether what others refer to stands %s', (_, isReversed) => {
    const deep = Array.from({ length: 12 }, (_, index) =>
      correlation(
        `type: temporal\nrules: [${index === 0 ? 'a' : `c${index - 1}`}]\ntimespan: 5m`,
        `c${index}`,
      ),
    )
    const compiled = compile(rule('a'), ...(isReversed ? deep.toReversed() : deep))
    expect(compiled.refused.map(({ message }) => message).toSorted()).toEqual([
      'correlations refer to others more than 10 deep',
      'the correlation "c10" was refused',
    ])
    expect(compiled.ruleset.correlations).toHaveLength(10)
  })

  it.each([
    [COUNT.replace('gte: 3', 'gte: 3, lte: 9'), 'several operators'],
    [COUNT.replace('gte: 3', 'gte: 3, field: A'), 'reads no field'],
    [`${COUNT}\naliases: {x: {a: b}}`, 'nothing is grouped by the alias "x"'],
    [`${COUNT}\ngroup-by: [x]\naliases: {x: {other: b}}`, 'names "other", which is not among the rules'],
    [`${COUNT}\ngroup-by: [x]\naliases: {x: {}}`, 'says nothing of "a"'],
    [COUNT.replace('[a]', '[a, a]'), 'named twice'],
  ])('is warned of: %j', (body, message) => {
    const { refused, warnings } = compile(rule('a'), correlation(body))
    expect(refused).toEqual([])
    expect(warnings.map((each) => each.message).join()).toContain(message)
  })
})
