import { digest } from '../domain/hash.ts'
import type { Level } from '../domain/match.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { readAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { ORDERS } from './baseline-orders.ts'
import type { Order } from './baseline-orders.ts'
import { AGGREGATES, BASELINE_TYPES, DIRECTIONS, SEASONS } from './baseline-types.ts'
import type { Baseline, BaselineTest, BaselineType, Learning } from './baseline-types.ts'
import type { Reference } from './correlation-reference.ts'
import { optionReader } from './option-reader.ts'
import type { OptionReader } from './option-reader.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { entryOf } from './yaml.ts'
import type { Tree } from './yaml.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

/** A baseline, understood, the rules that it names not yet looked up. */
export interface ParsedBaseline extends Pick<
  Baseline,
  'groupBy' | 'peers' | 'fields' | 'learning' | 'retain' | 'alert' | 'weight' | 'test'
> {
  readonly kind: 'baseline'
  readonly at: Position
  readonly id: string
  readonly attributes: Attributes
  readonly references: readonly Reference[]
  /** Whether the rules that it observes alert by themselves as well. */
  readonly generate: boolean
}

/** A sum over weak signals, understood; those it does not name are not yet looked up. */
export interface ParsedRisk {
  readonly kind: 'risk'
  readonly at: Position
  readonly id: string
  readonly attributes: Attributes
  /** `strategy` for all weak signals of its strategy, `any` for those of all. */
  readonly references: readonly Reference[] | 'strategy' | 'any'
  readonly groupBy: readonly string[]
  /** ms. */
  readonly timespan: number
  readonly threshold: number
  /** By the name that a rule is called here. */
  readonly weights: ReadonlyMap<string, number>
}

type Mapping = Extract<Tree, { kind: 'mapping' }>

const LEARNING = ['learn', 'min-samples', 'min-days', 'retain', 'peers']
const COMMON = ['type', 'rules', 'group-by', 'generate', 'alert', 'weight', ...LEARNING]
const KEYS: Readonly<Record<BaselineType, readonly string[]>> = {
  new_value: [...COMMON, 'field'],
  rare_value: [...COMMON, 'field', 'share'],
  change: [...COMMON, 'field', 'order', 'share'],
  spike: [
    ...COMMON,
    'field',
    'timespan',
    'aggregate',
    'threshold',
    'direction',
    'floor',
    'mad-floor',
    'ratio',
    'percentile',
    'for',
    'season',
    'drift',
  ],
  absence: [...COMMON.filter((key) => key !== 'peers'), 'timespan'],
  risk: ['type', 'rules', 'group-by', 'timespan', 'threshold', 'weights'],
}

/** Those that are weak signals unless a strategy says otherwise. */
const WEAK: ReadonlySet<BaselineType> = new Set(['new_value', 'rare_value', 'spike'])
/** What a signal of a level counts for in a risk. */
export const WEIGHTS: Readonly<Record<Level, number>> = {
  informational: 5,
  low: 10,
  medium: 25,
  high: 50,
  critical: 100,
}

/** Reads a document with `baseline`; undefined if the report tells why not. */
export function readBaseline(
  tree: Mapping,
  { file }: { readonly file: string },
  report: Report,
): ParsedBaseline | ParsedRisk | undefined {
  const own = tree.entries.filter(({ key }) => key !== 'baseline')
  const attributes = readAttributes(own, tree.at, report)
  const body = entryOf(tree, 'baseline')
  if (body?.kind !== 'mapping') {
    const mend = 'write type, rules and what its type needs'
    report.mistakes.push(mistake(body?.at ?? tree.at, 'baseline must be a mapping', mend))
    return undefined
  }
  const options = optionReader(body, 'a baseline', report)
  const type = options.choice('type', BASELINE_TYPES)
  if (type === undefined) {
    if (entryOf(body, 'type') === undefined)
      report.mistakes.push(
        mistake(body.at, 'a baseline needs a type', `write one of ${BASELINE_TYPES.join(', ')}`),
      )
    return undefined
  }
  refuseStrangers(tree, body, type, report)
  const head = {
    at: tree.at,
    id: attributes.id ?? attributes.name ?? digest(file, attributes.title),
    attributes,
  }
  const read = type === 'risk' ? readRisk(options, report) : readKept(type, attributes.level, options, report)
  return read === undefined || report.mistakes.length > 0 ? undefined : { ...head, ...read }
}

function refuseStrangers(tree: Mapping, body: Mapping, type: BaselineType, report: Report): void {
  for (const { key, at } of body.entries) {
    if (KEYS[type].includes(key)) continue
    const meant = nearestWord(key, KEYS[type])
    const mend = meant === undefined ? `it has ${KEYS[type].join(', ')}: remove it` : `did you mean ${meant}?`
    report.mistakes.push(mistake(at, `a baseline of type ${type} has no ${quote(key)}`, mend))
  }
  for (const key of ['logsource', 'detection', 'correlation']) {
    const found = tree.entries.find((entry) => entry.key === key)
    if (found)
      report.mistakes.push(
        mistake(
          found.at,
          `a baseline has no ${key}`,
          'write the rule as a document of its own, after ---, and name it under rules',
        ),
      )
  }
}

type Own<T> = Omit<T, 'at' | 'id' | 'attributes'>

function readKept(
  type: Exclude<BaselineType, 'risk'>,
  level: Level | undefined,
  options: OptionReader,
  report: Report,
): Own<ParsedBaseline> | undefined {
  const references = referencesOf(options)
  if (references.length === 0)
    report.mistakes.push(
      mistake(options.at('rules'), 'a baseline needs rules', 'name the rules whose matches it observes'),
    )
  const groupBy = options.names('group-by')
  const peers = options.names('peers')
  const fields = options.names('field')
  const learning = readLearning(options, report)
  const test = readTest(type, fields, options, report)
  const retain = options.length('retain') ?? Math.max(60 * DAY, 4 * learning.span)
  if (retain < learning.span)
    report.mistakes.push(
      mistake(options.at('retain'), 'retain is shorter than learn', 'remember for longer than it learns'),
    )
  return (
    test && {
      kind: 'baseline',
      references,
      groupBy,
      peers: peers.length > 0 ? peers : groupBy,
      fields,
      learning,
      retain,
      alert: options.flag('alert') ?? !WEAK.has(type),
      weight: options.number('weight', { least: 0, most: 1_000 }) ?? WEIGHTS[level ?? 'medium'],
      generate: options.flag('generate') ?? false,
      test,
    }
  )
}

function referencesOf(options: OptionReader): readonly Reference[] {
  return options.names('rules').map((name) => ({ name, at: options.at('rules') }))
}

/** A week and a hundred observations unless told, on as many distinct days as the time has. */
function readLearning(options: OptionReader, report: Report): Learning {
  const span = options.length('learn') ?? 7 * DAY
  const whole = Math.max(1, Math.floor(span / DAY))
  const samples = options.number('min-samples', { least: 1, most: 1_000_000 }) ?? 100
  const days = options.number('min-days', { least: 1, most: 366 }) ?? whole
  // the first and the last day are parts of days
  if (days > whole + 1)
    report.mistakes.push(
      mistake(
        options.at('min-days'),
        `min-days: ${days} cannot be reached within learn`,
        `learn for ${days}d, or ask for at most ${whole + 1} days`,
      ),
    )
  return { span, samples, days }
}

function readTest(
  type: Exclude<BaselineType, 'risk'>,
  fields: readonly string[],
  options: OptionReader,
  report: Report,
): BaselineTest | undefined {
  const needsField = (): void => {
    if (fields.length === 0)
      report.mistakes.push(
        mistake(options.at('field'), `a baseline of type ${type} needs field`, 'name what it looks at'),
      )
  }
  switch (type) {
    case 'new_value':
      needsField()
      return { type }
    case 'rare_value':
      needsField()
      return { type, share: options.number('share', { least: 0, most: 0.5 }) ?? 0.01 }
    case 'change': {
      needsField()
      const order = readOrder(options, report)
      if (order !== undefined && fields.length > 1)
        report.mistakes.push(
          mistake(options.at('field'), 'values of several fields have no order', 'name one field'),
        )
      return { type, order, share: options.number('share', { least: 0.5, most: 1 }) ?? 0.95 }
    }
    case 'spike':
      return readSpike(fields, options, report)
    case 'absence': {
      const timespan = readTimespan(options, report)
      return timespan === undefined ? undefined : { type, timespan }
    }
  }
}

function readTimespan(options: OptionReader, report: Report): number | undefined {
  const timespan = options.length('timespan')
  if (timespan === undefined && options.tree('timespan') === undefined)
    report.mistakes.push(
      mistake(options.at('timespan'), 'this baseline needs timespan', 'write a length of time, such as 5m'),
    )
  return timespan
}

function readSpike(
  fields: readonly string[],
  options: OptionReader,
  report: Report,
): BaselineTest | undefined {
  const refuse = (key: string, message: string, mend: string): void =>
    void report.mistakes.push(mistake(options.at(key), message, mend))
  const aggregate = options.choice('aggregate', AGGREGATES) ?? (fields.length === 0 ? 'count' : 'sum')
  if (fields.length > 1) refuse('field', 'a spike is of one number', 'name one field')
  if (fields.length === 0 && aggregate !== 'count')
    refuse('aggregate', `${aggregate} is of a field`, 'name the field, or count observations')
  if (fields.length > 0 && aggregate === 'count')
    refuse('aggregate', 'count is of observations', 'remove the field, or write sum')
  const timespan = readTimespan(options, report)
  if (timespan === undefined) return undefined
  const fits = timespan < HOUR ? HOUR % timespan === 0 && timespan >= 60_000 : DAY % timespan === 0
  if (!fits)
    refuse('timespan', 'buckets do not fill an hour, nor a day', 'write 1m, 5m, 10m, 15m, 30m, 1h, 6h or 1d')
  const sustained = options.length('for') ?? timespan
  if (sustained % timespan !== 0)
    refuse('for', 'for is no number of whole buckets', 'write a multiple of timespan')
  const direction = options.choice('direction', DIRECTIONS) ?? 'above'
  const floor = options.number('floor', { least: 0, most: Number.MAX_VALUE })
  if (floor === undefined)
    report.warnings.push(
      mistake(
        options.at('floor'),
        'a spike without a floor fires over numbers that are small anyhow',
        'write the least that matters to anybody as floor',
      ),
    )
  const threshold = options.number('threshold', { least: 1, most: 1_000 }) ?? 6
  return {
    type: 'spike',
    timespan,
    aggregate,
    threshold,
    direction,
    floor: floor ?? 0,
    madFloor: options.number('mad-floor', { least: 0, most: Number.MAX_VALUE }),
    ratio: options.number('ratio', { least: 0, most: 1_000_000 }),
    percentile: options.number('percentile', { least: 0, most: 100 }) ?? 50,
    buckets: Math.max(1, sustained / timespan),
    season: options.choice('season', SEASONS) ?? 'hour-of-week',
    drift: options.number('drift', { least: 1, most: 1_000 }) ?? threshold,
  }
}

/** One of those with a name, or classes of values from the weakest to the strongest. */
function readOrder(options: OptionReader, report: Report): Order | undefined {
  const tree = options.tree('order')
  if (tree === undefined) return undefined
  if (tree.kind === 'scalar') {
    const name = options.choice('order', Object.keys(ORDERS))
    return name === undefined ? undefined : ORDERS[name]
  }
  const classes = (tree.kind === 'list' ? tree.items : []).map((item) =>
    (item.kind === 'list' ? item.items : [item]).flatMap((each) =>
      each.kind === 'scalar' && each.value !== null && each.value !== '' ? [String(each.value)] : [],
    ),
  )
  if (classes.length < 2 || classes.some((each) => each.length === 0)) {
    const mend = `write a list of classes, the weakest first, or one of ${Object.keys(ORDERS).join(', ')}`
    report.mistakes.push(mistake(tree.at, 'an order has two classes of values or more', mend))
    return undefined
  }
  return { name: '', classes }
}

function readRisk(options: OptionReader, report: Report): Own<ParsedRisk> | undefined {
  const timespan = readTimespan(options, report)
  const threshold = options.number('threshold', { least: 1, most: 1_000_000 })
  if (threshold === undefined && options.tree('threshold') === undefined)
    report.mistakes.push(
      mistake(
        options.at('threshold'),
        'a risk needs threshold',
        'write the sum of weights from which on it fires',
      ),
    )
  const groupBy = options.names('group-by')
  const named = referencesOf(options)
  const isAny = named.length === 1 && named[0]?.name === 'any'
  if (timespan === undefined || threshold === undefined) return undefined
  return {
    kind: 'risk',
    references: isAny ? 'any' : named.length === 0 ? 'strategy' : named,
    groupBy: groupBy.length > 0 ? groupBy : ['entity'],
    timespan,
    threshold,
    weights: readWeights(options, report),
  }
}

function readWeights(options: OptionReader, report: Report): ReadonlyMap<string, number> {
  const tree = options.tree('weights')
  if (tree === undefined) return new Map()
  const mend = 'write rule: number for those that count for more or less'
  if (tree.kind !== 'mapping') {
    report.mistakes.push(mistake(tree.at, 'weights must be a mapping', mend))
    return new Map()
  }
  return new Map(
    tree.entries.flatMap(({ key, at, value }): [string, number][] => {
      const number = value.kind === 'scalar' ? value.value : undefined
      if (typeof number === 'number' && number >= 0 && number <= 1_000) return [[key, number]]
      report.mistakes.push(
        mistake(at, `the weight of ${quote(key)} must be a number between 0 and 1000`, mend),
      )
      return []
    }),
  )
}
