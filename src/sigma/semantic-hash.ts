import { digest } from '../domain/hash.ts'
import type { Condition } from './condition.ts'
import { foldText } from './fold.ts'
import { DIMENSIONS } from './logsource.ts'
import type { Detection, Item, Pattern } from './pattern.ts'
import type { NamedDetection } from './predicate.ts'
import type { ParsedRule } from './rule.ts'

type Rule = Pick<ParsedRule, 'logsource' | 'identifiers' | 'conditions'>

/**
 * What a rule means, as 32 hex digits: its log source, its conditions with the detections that they name, the
 * filters that concern it and the values of the lists that it uses. Titles, levels, comments, names of identifiers,
 * the order of alternatives and the case of texts that ignore case say nothing about it. Two rules may mean the
 * same: what is remembered for one of them is addressed by its id as well.
 */
export function semanticHash({ logsource, identifiers, conditions }: Rule): string {
  const source = DIMENSIONS.map((dimension) => foldText(logsource[dimension] ?? ''))
  return digest('rule', ...source, ofConditions('or', conditions, identifiers))
}

/**
 * The same for what is made of other rules: its own meaning as plain data, whose keys may come in any order, and
 * the hashes of the rules that it refers to, in the order that means something.
 */
export function semanticHashOver(own: unknown, referenced: readonly string[]): string {
  return digest('over', canonical(own), ...referenced)
}

/** JSON with sorted keys, and integers of any size; what is undefined is left out. */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  const written = entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${written.sort().join()}}`
}

/** Alternatives, and what must all hold, mean the same in any order and however often they are written. */
function unordered(kind: string, parts: readonly string[]): string {
  const distinct = [...new Set(parts)].sort()
  return distinct.length === 1 ? (distinct[0] as string) : `${kind}(${distinct.join()})`
}

type Identifiers = ReadonlyMap<string, NamedDetection>

function ofCondition(condition: Condition, identifiers: Identifiers): string {
  switch (condition.kind) {
    case 'not':
      return `not(${ofCondition(condition.item, identifiers)})`
    case 'identifier': {
      const named = identifiers.get(condition.name)
      if (named === undefined) return 'nothing'
      return `${named.exempts ? 'exempts' : ''}${ofDetection(named.detection)}`
    }
    default:
      return ofConditions(condition.kind, condition.items, identifiers)
  }
}

function ofConditions(kind: 'and' | 'or', items: readonly Condition[], identifiers: Identifiers): string {
  const parts = members(kind, items)
  return unordered(
    kind,
    parts.map((part) => ofCondition(part, identifiers)),
  )
}

/** Members of members of the same kind: parentheses between them change nothing. */
function members(kind: 'and' | 'or', items: readonly Condition[]): readonly Condition[] {
  return items.flatMap((item) => (item.kind === kind ? members(kind, item.items) : [item]))
}

function ofDetection(detection: Detection): string {
  if (detection.kind === 'item') return ofItem(detection)
  return unordered(detection.kind, detection.parts.map(ofDetection))
}

function ofItem({ field, values, all, negated }: Item): string {
  const alternatives = (patterns: readonly Pattern[]): string =>
    unordered(
      'any',
      patterns.map((pattern) => canonical(meaningOf(pattern))),
    )
  const held = all ? unordered('all', values.map(alternatives)) : alternatives(values.flat())
  return `${negated ? 'not ' : ''}${JSON.stringify(field ?? null)}=${held}`
}

function meaningOf(pattern: Pattern): unknown {
  switch (pattern.kind) {
    case 'text':
      return {
        ...pattern,
        tokens: pattern.tokens.map((token) =>
          token.kind === 'text' && !pattern.cased ? { ...token, text: foldText(token.text) } : token,
        ),
        bytes: undefined,
      }
    case 'regex':
      return { ...pattern, test: undefined }
    case 'number':
      return { ...pattern, source: undefined }
    default:
      return pattern
  }
}
