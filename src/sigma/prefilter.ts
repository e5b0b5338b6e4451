import type { Event } from '../domain/event.ts'
import { deferredFields } from './deferred-fields.ts'
import { fieldIndex } from './field-index.ts'
import type { WantedAtom } from './field-index.ts'
import { isBeyondLatin1 } from './fold.ts'
import { GRAM } from './grams.ts'
import { anyOf, atomsOf, necessaryClauses } from './necessary.ts'
import type { Atom, Clause, Weight } from './necessary.ts'
import type { Readers } from './predicate.ts'
import { recordIndex } from './record-index.ts'
import type { ParsedRule } from './rule.ts'

/** Clauses that are looked for, of each rule; each has a bit, and its number ends with it. */
const CLAUSES = 2
/** Above the bits of the clauses. */
const ROUND = 2 ** CLAUSES
const LAST_ROUND = 2 ** 31 - 2 * ROUND
/** Candidates that are put in order by insertion. */
const FEW = 32

/**
 * Tells which of some rules can hold on an event at all, so that the others are not looked at: their places, in
 * ascending order. What each rule cannot do without is looked for field by field, for all rules at once.
 */
export function prefilterOf(
  rules: readonly ParsedRule[],
  readers: Readers,
): (event: Event) => readonly number[] {
  const { always, needed, eager, deferred, later } = clausesOfRules(rules)
  const index = recordIndex(eager, readers)
  const others = deferred.map(({ field, wanted }) => fieldIndex(readers.field(field), wanted))
  // Which clauses of a rule were met, and in which round: nothing is to be cleared between events.
  const met = new Int32Array(rules.length)
  const asked = new Int32Array(others.length)
  let round = 0
  let candidates: number[] = []
  let toAsk: number[] = []
  const ask = (fields: readonly number[]): void => {
    for (const field of fields) {
      if (asked[field] === round) continue
      asked[field] = round
      toAsk.push(field)
    }
  }
  const mark = (clauses: readonly number[]): void => {
    for (const clause of clauses) {
      const rule = clause >> 1
      const known = met[rule] as number
      const before = known >= round ? known - round : 0
      const after = before | (1 << (clause & 1))
      if (before === after) continue
      met[rule] = round + after
      if (after === needed[rule]) candidates.push(rule)
      else {
        const wait = later[clause ^ 1]
        if (wait !== undefined) ask(wait)
      }
    }
  }
  return (event) => {
    round += ROUND
    if (round > LAST_ROUND) {
      met.fill(0)
      asked.fill(0)
      round = ROUND
    }
    candidates = [...always]
    index(event, mark)
    if (toAsk.length > 0) {
      for (const field of toAsk) others[field]?.note(event, mark)
      toAsk = []
    }
    return ascending(candidates)
  }
}

/** In place: few at a time, for which a comparing sort would cost more than all the rest. */
function ascending(numbers: number[]): readonly number[] {
  if (numbers.length > FEW) return numbers.sort((a, b) => a - b)
  for (let from = 1; from < numbers.length; from += 1) {
    const number = numbers[from] as number
    let to = from
    for (; to > 0 && (numbers[to - 1] as number) > number; to -= 1) numbers[to] = numbers[to - 1] as number
    numbers[to] = number
  }
  return numbers
}

interface Wanted {
  /** Rules that can hold whatever the event has. */
  readonly always: readonly number[]
  /** By rule: a bit for each of its clauses. */
  readonly needed: Uint8Array
  /** By field (undefined: keywords): what is looked for in it. */
  readonly eager: ReadonlyMap<string | undefined, readonly WantedAtom[]>
  /** What is looked for in fields only where a rule has met its other clause. */
  readonly deferred: readonly { readonly field: string; readonly wanted: readonly WantedAtom[] }[]
  /** By clause: which of these fields may satisfy it. */
  readonly later: readonly (readonly number[] | undefined)[]
}

function clausesOfRules(rules: readonly ParsedRule[]): Wanted {
  const weight = weightsOf(rules)
  const clauses = rules.map((rule) => clausesOfRule(rule, weight).slice(0, CLAUSES))
  const wanted = new Map<string | undefined, WantedAtom[]>()
  for (const [number, ofRule] of clauses.entries())
    for (const [index, clause] of ofRule.entries())
      for (const atom of clause) {
        const one = { atom, clause: number * CLAUSES + index }
        const atoms = wanted.get(atom.field)
        if (atoms === undefined) wanted.set(atom.field, [one])
        else atoms.push(one)
      }
  const fields = deferredFields(clauses)
  const later: (readonly number[] | undefined)[] = clauses.flatMap((ofRule) =>
    Array.from({ length: CLAUSES }, (_, index) => placesOf(ofRule[index] ?? [], fields)),
  )
  return {
    always: clauses.flatMap((ofRule, number) => (ofRule.length === 0 ? [number] : [])),
    needed: Uint8Array.from(clauses, (ofRule) => 2 ** ofRule.length - 1),
    eager: new Map([...wanted].filter(([field]) => field === undefined || !fields.includes(field))),
    deferred: fields.map((field) => ({ field, wanted: wanted.get(field) ?? [] })),
    later,
  }
}

/** Where the clause's fields stand among the deferred ones; undefined where none does. */
function placesOf(clause: Clause, fields: readonly string[]): readonly number[] | undefined {
  const places = [...new Set(clause.map(({ field }) => (field === undefined ? -1 : fields.indexOf(field))))]
  const deferred = places.filter((place) => place !== -1)
  return deferred.length > 0 ? deferred : undefined
}

/** What is too short to be looked for with others says little where something else is asked for as well. */
function clausesOfRule(rule: ParsedRule, weight: Weight): readonly Clause[] {
  const sets = rule.conditions.map((condition) => necessaryClauses(condition, rule.identifiers, weight))
  const clauses = (sets.length === 1 ? sets[0] : anyOf(sets)) ?? []
  const longer = clauses.filter((clause) => !clause.some(isShort))
  return longer.length > 0 ? longer : clauses
}

/** Short texts are everywhere, and what many rules ask for is common on the systems that they watch. */
function weightsOf(rules: readonly ParsedRule[]): Weight {
  const uses = new Map<string, number>()
  for (const rule of rules) {
    const atoms = [...rule.identifiers.values()].flatMap(({ detection }) => atomsOf(detection))
    for (const key of new Set(atoms.map(keyOf))) uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  return (atom) => {
    return (uses.get(keyOf(atom)) ?? 1) ** 2 / telling(atom) ** 3
  }
}

/** What an atom says, as the length of a text that says as much: a status or a count is one of a few. */
function telling(atom: Atom): number {
  if (atom.kind === 'number') return Math.min(String(atom.value).length, 8)
  if (atom.whole) return 8
  return isShort(atom) ? 0.1 : Math.min(atom.text.length, 12)
}

function isShort(atom: Atom): boolean {
  return atom.kind === 'text' && !atom.whole && atom.text.length < GRAM && !isBeyondLatin1(atom.text)
}

function keyOf(atom: Atom): string {
  return `${atom.field ?? ''}\0${atom.kind === 'number' ? `#${atom.value}` : `${atom.whole ? '=' : '~'}${atom.text}`}`
}
