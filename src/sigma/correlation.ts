import { readAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { digest } from '../domain/hash.ts'
import type { Reference } from './correlation-reference.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { readCorrelationCondition } from './correlation-condition.ts'
import type { CorrelationCondition } from './correlation-condition.ts'
import { CORRELATION_TYPES } from './correlation-types.ts'
import type { CorrelationType } from './correlation-types.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { readTimespan } from './timespan.ts'
import { entryOf } from './yaml.ts'
import type { Tree } from './yaml.ts'

/** A correlation, understood, the rules that it names not yet looked up. */
export interface ParsedCorrelation {
  readonly at: Position
  readonly id: string
  readonly attributes: Attributes
  readonly type: CorrelationType | 'risk'
  readonly references: readonly Reference[]
  /** Fields or aliases. */
  readonly groupBy: readonly string[]
  /** ms. */
  readonly timespan: number
  /** Of what is unexplained: how long before it its cause may have been, ms; `timespan` unless told. */
  readonly lookback?: number
  readonly condition: CorrelationCondition
  /** Alias → what a rule is called → its field. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Whether the rules that it names alert by themselves as well. */
  readonly generate: boolean
  /** Of a risk, by the name that a rule is called: what its matches count for. */
  readonly weights?: ReadonlyMap<string, number>
}

type Mapping = Extract<Tree, { kind: 'mapping' }>

const KEYS = ['type', 'rules', 'group-by', 'timespan', 'lookback', 'condition', 'aliases', 'generate']

/** Reads a document with `correlation`; undefined if the report tells why not. */
export function readCorrelation(
  tree: Mapping,
  { file }: { readonly file: string },
  report: Report,
): ParsedCorrelation | undefined {
  const own = tree.entries.filter(({ key }) => key !== 'correlation' && key !== 'generate')
  const attributes = readAttributes(own, tree.at, report)
  const body = entryOf(tree, 'correlation')
  if (body?.kind !== 'mapping') {
    const mend = 'write type, rules, timespan and condition'
    report.mistakes.push(mistake(body?.at ?? tree.at, 'correlation must be a mapping', mend))
    return undefined
  }
  refuseStrangers(tree, body, report)
  const type = readType(body, report)
  const written = readReferences(body, report)
  const groupBy = readNames(body, 'group-by', report)
  const timespan = readTimespan(entryOf(body, 'timespan'), body.at, report)
  const lookback = type && readLookback(body, type, report)
  const aliases = readAliases(body, report)
  const generate = readGenerate(tree, body, report)
  const read = type && readCorrelationCondition(body, type, written, report)
  if (type === undefined || read === undefined || timespan === undefined || report.mistakes.length > 0)
    return undefined
  warnOfAliases(body, aliases, groupBy, read.references, report)
  const { references, condition } = read
  const id = attributes.id ?? attributes.name ?? digest(file, attributes.title)
  return {
    at: tree.at,
    id,
    attributes,
    type,
    references,
    groupBy,
    timespan,
    ...(lookback === undefined ? {} : { lookback }),
    condition,
    aliases,
    generate,
  }
}

function mendOfStranger(key: string): string {
  const meant = nearestWord(key, KEYS)
  return meant === undefined ? `it has ${KEYS.join(', ')}: remove it` : `did you mean ${meant}?`
}

function refuseStrangers(tree: Mapping, body: Mapping, report: Report): void {
  for (const { key, at } of body.entries) {
    if (!KEYS.includes(key))
      report.mistakes.push(mistake(at, `a correlation has no ${quote(key)}`, mendOfStranger(key)))
  }
  for (const key of ['logsource', 'detection']) {
    const found = tree.entries.find((entry) => entry.key === key)
    if (found)
      report.mistakes.push(
        mistake(
          found.at,
          `a correlation has no ${key}`,
          'write the rule as a document of its own, after ---, and name it under rules',
        ),
      )
  }
}

function readType(body: Mapping, report: Report): CorrelationType | undefined {
  const tree = entryOf(body, 'type')
  const found = CORRELATION_TYPES.find((type) => tree?.kind === 'scalar' && tree.value === type)
  if (found === undefined) {
    const what = tree === undefined ? 'a correlation needs a type' : 'unknown type of correlation'
    const written = tree?.kind === 'scalar' ? String(tree.value) : ''
    const meant = nearestWord(written, CORRELATION_TYPES)
    const mend =
      meant === undefined ? `write one of ${CORRELATION_TYPES.join(', ')}` : `did you mean ${meant}?`
    report.mistakes.push(mistake(tree?.at ?? body.at, what, mend))
  }
  return found
}

function readLookback(body: Mapping, type: CorrelationType, report: Report): number | undefined {
  const tree = entryOf(body, 'lookback')
  if (tree === undefined) return undefined
  if (type !== 'unexplained')
    report.mistakes.push(
      mistake(tree.at, `${type} has no lookback`, 'remove it: only unexplained looks back for causes'),
    )
  return readTimespan(tree, body.at, report, 'lookback')
}

function readReferences(body: Mapping, report: Report): readonly Reference[] | undefined {
  const tree = entryOf(body, 'rules')
  if (tree === undefined) return undefined
  const items = tree.kind === 'list' ? tree.items : [tree]
  const mend = 'name rules by id or name, one a line'
  const references = items.flatMap((item): Reference[] => {
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '')
      return [{ name: item.value, at: item.at }]
    report.mistakes.push(mistake(item.at, 'rules must be texts', mend))
    return []
  })
  if (tree.kind === 'list' && tree.items.length === 0)
    report.mistakes.push(mistake(tree.at, 'a correlation names at least one rule', mend))
  return references.filter(({ name, at }, index) => {
    const isFirst = references.findIndex((other) => other.name === name) === index
    if (!isFirst) report.warnings.push(mistake(at, `the rule ${quote(name)} is named twice`, 'name it once'))
    return isFirst
  })
}

function readNames(body: Mapping, key: string, report: Report): readonly string[] {
  const tree = entryOf(body, key)
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) return []
  const items = tree.kind === 'list' ? tree.items : [tree]
  const names = items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '' ? [item.value] : [],
  )
  if (names.length !== items.length)
    report.mistakes.push(
      mistake(tree.at, `${key} must be a field or a list of fields`, 'write each on a line of its own'),
    )
  return [...new Set(names)]
}

function readAliases(body: Mapping, report: Report): ParsedCorrelation['aliases'] {
  const tree = entryOf(body, 'aliases')
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) return new Map()
  const mend = 'write alias: {rule name: field} for each rule'
  if (tree.kind !== 'mapping') {
    report.mistakes.push(mistake(tree.at, 'aliases must be a mapping', mend))
    return new Map()
  }
  return new Map(
    tree.entries.map(({ key, at, value }) => {
      const fields = value.kind === 'mapping' ? value.entries : []
      if (value.kind !== 'mapping')
        report.mistakes.push(mistake(at, `the alias ${quote(key)} must be a mapping`, mend))
      return [
        key,
        new Map(
          fields.flatMap(({ key: rule, at: place, value: field }): [string, string][] => {
            if (field.kind === 'scalar' && typeof field.value === 'string' && field.value !== '')
              return [[rule, field.value]]
            report.mistakes.push(mistake(place, `the alias ${quote(key)} needs one field of the rule`, mend))
            return []
          }),
        ),
      ]
    }),
  )
}

/** It stands in the mapping of the correlation for some tools, and at the top for others. */
function readGenerate(tree: Mapping, body: Mapping, report: Report): boolean {
  const found = entryOf(body, 'generate') ?? entryOf(tree, 'generate')
  if (found === undefined) return false
  if (found.kind === 'scalar' && typeof found.value === 'boolean') return found.value
  report.mistakes.push(mistake(found.at, 'generate must be true or false', 'write it unquoted'))
  return false
}

function warnOfAliases(
  body: Mapping,
  aliases: ParsedCorrelation['aliases'],
  groupBy: readonly string[],
  references: readonly Reference[],
  report: Report,
): void {
  const at = entryOf(body, 'aliases')?.at ?? body.at
  for (const [alias, fields] of aliases) {
    for (const rule of fields.keys()) {
      if (!references.some(({ name }) => name === rule))
        report.warnings.push(
          mistake(
            at,
            `the alias ${quote(alias)} names ${quote(rule)}, which is not among the rules`,
            'name one of the rules',
          ),
        )
    }
    if (!groupBy.includes(alias)) {
      report.warnings.push(
        mistake(at, `nothing is grouped by the alias ${quote(alias)}`, 'add it to group-by, or remove it'),
      )
      continue
    }
    for (const { name } of references) {
      if (!fields.has(name))
        report.warnings.push(
          mistake(
            at,
            `the alias ${quote(alias)} says nothing of ${quote(name)}, whose events are looked up under the alias itself`,
            `add ${name}: the field that holds it`,
          ),
        )
    }
  }
}
