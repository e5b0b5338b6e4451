import type { Condition } from './condition.ts'
import { foldText } from './fold.ts'
import type { Numeric } from './number.ts'
import type { Detection, Item, Pattern } from './pattern.ts'
import type { NamedDetection } from './predicate.ts'
import { parseRegex } from './regex-syntax.ts'
import type { RegexNode } from './regex-syntax.ts'

/**
 * Something that can be looked for in an event without evaluating a rule. Texts are case folded; `whole`: the
 * value is that text, otherwise it contains it. The field of keywords is undefined.
 */
export type Atom =
  | {
      readonly kind: 'text'
      readonly field: string | undefined
      readonly text: string
      readonly whole: boolean
    }
  | { readonly kind: 'number'; readonly field: string | undefined; readonly value: Numeric }

/** Clauses that are told of a condition that holds where one of several does: more tell little more. */
const CLAUSES = 2

/** How often an atom is expected to be there: the smaller, the better it tells rules apart. */
export type Weight = (atom: Atom) => number

/** Atoms of which an event must have one; a clause without any never holds. */
export type Clause = readonly Atom[]

/**
 * Clauses that all must hold for the condition to hold, the one first that is expected least often. None where
 * the condition can hold without any atom (`not selection`).
 */
export function necessaryClauses(
  condition: Condition,
  identifiers: ReadonlyMap<string, NamedDetection>,
  weight: Weight,
): readonly Clause[] {
  const ofCondition = (part: Condition, wanted: boolean): readonly Clause[] => {
    switch (part.kind) {
      case 'not':
        return ofCondition(part.item, !wanted)
      case 'and':
      case 'or': {
        const parts = part.items.map((item) => ofCondition(item, wanted))
        return (part.kind === 'and') === wanted ? allOf(parts, weight) : anyOf(parts)
      }
      case 'identifier': {
        const named = identifiers.get(part.name)
        if (!named) return [[]]
        return named.exempts && !wanted ? [] : ofDetection(named.detection, wanted, weight)
      }
    }
  }
  return ofCondition(condition, true)
}

/** Clauses for either of some conditions: of each its best one, of each its second best, where any has several. */
export function anyOf(parts: readonly (readonly Clause[])[]): readonly Clause[] {
  const most = Math.min(CLAUSES, Math.max(1, ...parts.map(({ length }) => length)))
  if (parts.some(({ length }) => length === 0)) return []
  return Array.from({ length: most }, (_, rank) =>
    parts.flatMap((clauses) => clauses[rank] ?? clauses.at(-1) ?? []),
  )
}

/** Every atom that an item of the detection asks for, for counting how common they are among rules. */
export function atomsOf(detection: Detection): readonly Atom[] {
  if (detection.kind !== 'item') return detection.parts.flatMap(atomsOf)
  return detection.values.flat().flatMap((pattern) => ofPattern(detection.field, pattern) ?? [])
}

function allOf(parts: readonly (readonly Clause[])[], weight: Weight): readonly Clause[] {
  return parts
    .flat()
    .map((clause) => ({ clause, cost: clause.reduce((sum, atom) => sum + weight(atom), 0) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ clause }) => clause)
}

function ofDetection(detection: Detection, wanted: boolean, weight: Weight): readonly Clause[] {
  if (detection.kind === 'item') return ofItem(detection, detection.negated ? !wanted : wanted, weight)
  const parts = detection.parts.map((part) => ofDetection(part, wanted, weight))
  return (detection.kind === 'all') === wanted ? allOf(parts, weight) : anyOf(parts)
}

function ofItem(item: Item, wanted: boolean, weight: Weight): readonly Clause[] {
  if (!wanted) return []
  const values = item.values.map((patterns) =>
    anyOf(patterns.map((pattern) => clausesOf(item.field, pattern))),
  )
  return item.all ? allOf(values, weight) : anyOf(values)
}

function clausesOf(field: string | undefined, pattern: Pattern): readonly Clause[] {
  const atoms = ofPattern(field, pattern)
  return atoms === undefined ? [] : [atoms]
}

type Necessary = Clause | undefined

/** A pattern over an unset list never holds for certain: it asks for nothing, and nothing satisfies it. */
function ofPattern(field: string | undefined, pattern: Pattern): Necessary {
  switch (pattern.kind) {
    case 'text': {
      const [first, ...rest] = pattern.tokens
      if (first === undefined) return [{ kind: 'text', field, text: '', whole: true }]
      if (first.kind === 'text' && rest.length === 0)
        return [{ kind: 'text', field, text: foldText(first.text), whole: true }]
      const texts = pattern.tokens.flatMap((token) => (token.kind === 'text' ? [foldText(token.text)] : []))
      return textAtoms(field, longest(texts.map((text) => [text])))
    }
    case 'number':
      return [{ kind: 'number', field, value: pattern.value }]
    case 'boolean':
      return [{ kind: 'text', field, text: String(pattern.value), whole: true }]
    case 'regex':
      return textAtoms(field, literalsOf(parseRegex(pattern.source, pattern.flags)))
    case 'unset':
      return []
    default:
      return undefined
  }
}

function textAtoms(field: string | undefined, texts: readonly string[] | undefined): Necessary {
  return texts?.map((text): Atom => ({ kind: 'text', field, text, whole: false }))
}

/** Texts of which one must occur in whatever the expression matches; undefined where there are none. */
function literalsOf(node: RegexNode): readonly string[] | undefined {
  switch (node.kind) {
    case 'sequence':
      return longest([...runsOf(node.items).map((run) => [run]), ...node.items.map(literalsOf)])
    case 'choice': {
      const choices = node.items.map(literalsOf)
      return choices.every((each) => each !== undefined) ? choices.flat() : undefined
    }
    case 'repeat':
      return node.min > 0 ? literalsOf(node.item) : undefined
    case 'class': {
      const single = singleOf(node)
      return single === undefined ? undefined : [single]
    }
    default:
      return undefined
  }
}

/** Texts that stand in a sequence one after the other; what has no width does not part them. */
function runsOf(items: readonly RegexNode[]): readonly string[] {
  const runs = ['']
  for (const item of items) {
    if (item.kind === 'start' || item.kind === 'end' || item.kind === 'boundary') continue
    const single = item.kind === 'class' ? singleOf(item) : undefined
    if (single === undefined) runs.push('')
    else runs.push((runs.pop() ?? '') + single)
  }
  return runs.filter((run) => run !== '')
}

function singleOf({ ranges, negated }: Extract<RegexNode, { readonly kind: 'class' }>): string | undefined {
  const [only] = ranges
  if (negated || ranges.length !== 1 || only === undefined || only[0] !== only[1]) return undefined
  return foldText(String.fromCodePoint(only[0]))
}

/** The alternatives whose shortest text is longest. */
function longest(choices: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const length = (texts: readonly string[]): number => Math.min(...texts.map((text) => text.length))
  let best: readonly string[] | undefined
  for (const texts of choices) {
    if (texts !== undefined && texts.length > 0 && (best === undefined || length(texts) > length(best)))
      best = texts
  }
  return best !== undefined && length(best) > 0 ? best : undefined
}
