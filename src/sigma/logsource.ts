import type { EventLogsource, Logsource } from '../domain/event.ts'
import { foldText } from './fold.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { mistake, quote } from './problem.ts'
import type { Mistake, Position, Report } from './problem.ts'
import type { Tree } from './yaml.ts'

export const DIMENSIONS = ['product', 'category', 'service'] as const

/** Reads a rule's `logsource`; undefined where something was wrong. */
export function readLogsource(tree: Tree, report: Report): Logsource | undefined {
  const mend = 'name at least one of product, category and service'
  if (tree.kind !== 'mapping') {
    report.mistakes.push(mistake(tree.at, 'logsource must be a mapping', mend))
    return undefined
  }
  const logsource: { product?: string; category?: string; service?: string } = {}
  for (const { key, at, value } of tree.entries) {
    const dimension = DIMENSIONS.find((name) => name === key)
    if (!dimension && key !== 'definition') {
      report.warnings.push(unknownDimension(key, at))
      continue
    }
    if (value.kind === 'scalar' && value.value === null) continue
    if (value.kind !== 'scalar' || typeof value.value !== 'string') {
      report.mistakes.push(mistake(at, `logsource ${key} must be text`, 'write one name'))
    } else if (dimension && value.value !== '') {
      logsource[dimension] = value.value
    }
  }
  if (Object.keys(logsource).length > 0) return logsource
  report.mistakes.push(mistake(tree.at, 'the log source is empty', mend))
  return undefined
}

/** Nothing is narrowed by such a key: a rule with `catgory` sees all events of its product. */
function unknownDimension(key: string, at: Position): Mistake {
  const meant = nearestWord(key, DIMENSIONS)
  return mistake(
    at,
    `a log source has no ${quote(key)}: it has no effect`,
    meant === undefined ? `remove it, or name one of ${DIMENSIONS.join(', ')}` : `did you mean ${meant}?`,
  )
}

/**
 * Whether a rule is meant for such events: every dimension that it names must be that of one of their log sources.
 * Rules for Linux also see events whose product is unknown, because containers run on it.
 */
export function applies(rule: Logsource, event: EventLogsource): boolean {
  return fits(rule, event) || (event.also?.some((other) => fits(rule, other)) ?? false)
}

function fits(rule: Logsource, event: Logsource): boolean {
  return DIMENSIONS.every((dimension) => {
    const wanted = rule[dimension]
    if (wanted === undefined) return true
    const actual = event[dimension]
    if (actual === undefined) return dimension === 'product' && foldText(wanted) === 'linux'
    return foldText(actual) === foldText(wanted)
  })
}

function dimensionsOf(logsource: Logsource): readonly (string | null)[] {
  return DIMENSIONS.map((dimension) => logsource[dimension] ?? null)
}

const MAX_REMEMBERED = 1_000

/**
 * Remembers what is made of the rules for a log source: by its object, which a source shares, and by what it says.
 * Log sources of which the same rules are have one between them.
 */
export function routing<T extends { readonly logsource: Logsource }, Route>(
  rules: readonly T[],
  routeOf: (applicable: readonly T[]) => Route,
): (event: EventLogsource) => Route {
  const byObject = new WeakMap<EventLogsource, Route>()
  const byText = new Map<string, Route>()
  const byRules = new Map<string, Route>()
  const made = (event: EventLogsource): Route => {
    const numbers: number[] = []
    for (const [number, rule] of rules.entries()) if (applies(rule.logsource, event)) numbers.push(number)
    const key = numbers.join()
    const known = byRules.get(key) ?? routeOf(numbers.map((number) => rules[number] as T))
    byRules.set(key, known)
    return known
  }
  const look = (event: EventLogsource): Route => {
    const text = JSON.stringify([event, ...(event.also ?? [])].map(dimensionsOf))
    const known = byText.get(text) ?? made(event)
    if (byText.size >= MAX_REMEMBERED) byText.clear()
    byText.set(text, known)
    return known
  }
  return (event) => {
    let route = byObject.get(event)
    if (route === undefined) {
      route = look(event)
      byObject.set(event, route)
    }
    return route
  }
}
