import type { Event } from '../domain/event.ts'
import type { FieldReader } from './field.ts'
import { isBeyondLatin1 } from './fold.ts'
import { GRAM, literalFinder } from './literal-finder.ts'
import type { LiteralFinder } from './literal-finder.ts'
import { anyOf, atomsOf, necessaryClauses } from './necessary.ts'
import type { Atom, Clause, Weight } from './necessary.ts'
import { numericOf } from './number.ts'
import type { Readers } from './predicate.ts'
import type { ParsedRule } from './rule.ts'

/** What is looked for in one field, and which clauses it satisfies: twice a rule's number, and one more for its second. */
interface FieldIndex {
  readonly reader: FieldReader
  readonly whole: ReadonlyMap<string, readonly number[]> | undefined
  readonly numbers: ReadonlyMap<number, readonly number[]> | undefined
  readonly parts:
    | { readonly finder: LiteralFinder; readonly rules: readonly (readonly number[])[] }
    | undefined
  /** Rules whose literal is too short to be looked for: wanted wherever the field is there. */
  readonly present: readonly number[]
  /** The same for a literal with characters beyond Latin-1, which few texts have. */
  readonly beyond: readonly number[]
}

/** Tells which rules can hold on an event at all, so that the others are not looked at. */
export interface Prefilter {
  /** Rules that must always be looked at, by number. */
  readonly always: readonly number[]
  /** By a rule's number: a bit for each of its clauses. */
  readonly needed: Uint8Array
  /** Fields in which anything that one of these rules cannot do without is looked for. */
  fieldsOf(rules: readonly number[]): readonly FieldIndex[]
}

/** Longer literals tell no more: the rest is the evaluation's. */
const LITERAL_LENGTH = 16

/** Clauses that are looked for, of each rule. */
const CLAUSES = 2

export function prefilterOf(rules: readonly ParsedRule[], readers: Readers): Prefilter {
  const weight = weightsOf(rules)
  const always: number[] = []
  const wanted = new Map<string | undefined, { readonly atom: Atom; readonly clause: number }[]>()
  const fieldsByRule: (string | undefined)[][] = []
  const needed = new Uint8Array(rules.length)
  for (const [number, rule] of rules.entries()) {
    const fields = new Set<string | undefined>()
    const clauses = clausesOfRule(rule, weight).slice(0, CLAUSES)
    needed[number] = 2 ** clauses.length - 1
    if (clauses.length === 0) always.push(number)
    for (const [index, clause] of clauses.entries()) {
      for (const atom of clause) {
        fields.add(atom.field)
        const atoms = wanted.get(atom.field) ?? []
        atoms.push({ atom, clause: number * CLAUSES + index })
        wanted.set(atom.field, atoms)
      }
    }
    fieldsByRule.push([...fields])
  }
  const indexes = new Map(
    [...wanted].map(([field, atoms]) => [
      field,
      fieldIndex(field === undefined ? readers.keywords : readers.field(field), atoms),
    ]),
  )
  return {
    always,
    needed,
    fieldsOf(numbers) {
      const fields = new Set(numbers.flatMap((number) => fieldsByRule[number] ?? []))
      return [...fields].flatMap((field) => indexes.get(field) ?? [])
    },
  }
}

/** What is too short to be looked for says nothing where something else is asked for as well. */
function clausesOfRule(rule: ParsedRule, weight: Weight): readonly Clause[] {
  const sets = rule.conditions.map((condition) => necessaryClauses(condition, rule.identifiers, weight))
  const clauses = (sets.length === 1 ? sets[0] : anyOf(sets)) ?? []
  const telling = clauses.filter((clause) => !clause.some(isShort))
  return telling.length > 0 ? telling : clauses
}

function isShort(atom: Atom): boolean {
  return atom.kind === 'text' && !atom.whole && atom.text.length < GRAM && !isBeyondLatin1(atom.text)
}

/** Marks the rules whose atoms the event has in the field. */
export function markWanted(index: FieldIndex, event: Event, mark: (rules: readonly number[]) => void): void {
  const { reader, whole, numbers, parts, present, beyond } = index
  if (!reader.read(event).present) return
  if (present.length > 0) mark(present)
  if (numbers !== undefined) {
    for (const value of reader.read(event).values) {
      const number = numericOf(value)
      const rules = number === undefined ? undefined : numbers.get(Number(number))
      if (rules !== undefined) mark(rules)
    }
  }
  if (whole === undefined && parts === undefined && beyond.length === 0) return
  for (const text of reader.folded(event)) {
    const rules = whole?.get(text)
    if (rules !== undefined) mark(rules)
    parts?.finder.find(text, (literal) => mark(parts.rules[literal] ?? []))
    if (beyond.length > 0 && isBeyondLatin1(text)) mark(beyond)
  }
}

function fieldIndex(
  reader: FieldReader,
  wanted: readonly { readonly atom: Atom; readonly clause: number }[],
): FieldIndex {
  const whole = new Map<string, number[]>()
  const numbers = new Map<number, number[]>()
  const parts = new Map<string, number[]>()
  const present = new Set<number>()
  const beyond = new Set<number>()
  const add = <Key>(map: Map<Key, number[]>, key: Key, rule: number): void => {
    const known = map.get(key)
    if (known === undefined) map.set(key, [rule])
    else if (known.at(-1) !== rule) known.push(rule)
  }
  for (const { atom, clause: rule } of wanted) {
    if (atom.kind === 'number') add(numbers, Number(atom.value), rule)
    else if (atom.whole) add(whole, atom.text, rule)
    else if (atom.text.length >= GRAM) add(parts, atom.text.slice(0, LITERAL_LENGTH), rule)
    else (isBeyondLatin1(atom.text) ? beyond : present).add(rule)
  }
  return {
    reader,
    whole: whole.size > 0 ? whole : undefined,
    numbers: numbers.size > 0 ? numbers : undefined,
    parts:
      parts.size > 0 ? { finder: literalFinder([...parts.keys()]), rules: [...parts.values()] } : undefined,
    present: [...present],
    beyond: [...beyond],
  }
}

/** Short texts are everywhere, and what many rules ask for is common on the systems that they watch. */
function weightsOf(rules: readonly ParsedRule[]): Weight {
  const uses = new Map<string, number>()
  for (const rule of rules) {
    const atoms = [...rule.identifiers.values()].flatMap(({ detection }) => atomsOf(detection))
    for (const key of new Set(atoms.map(keyOf))) uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  return (atom) => {
    const length =
      atom.kind === 'number' || atom.whole ? 8 : isShort(atom) ? 0.1 : Math.min(atom.text.length, 12)
    return (uses.get(keyOf(atom)) ?? 1) ** 2 / length ** 3
  }
}

function keyOf(atom: Atom): string {
  return `${atom.field ?? ''}\0${atom.kind === 'number' ? `#${atom.value}` : `${atom.whole ? '=' : '~'}${atom.text}`}`
}
