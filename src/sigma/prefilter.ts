import type { Event } from '../domain/event.ts'
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
  const { always, needed, wanted } = clausesOfRules(rules)
  const index = recordIndex(wanted, readers)
  // Which clauses of a rule were met, and in which round: nothing is to be cleared between events.
  const met = new Int32Array(rules.length)
  let round = 0
  let candidates: number[] = []
  const mark = (clauses: readonly number[]): void => {
    for (const clause of clauses) {
      const rule = clause >> 1
      const known = met[rule] as number
      const before = known >= round ? known - round : 0
      const after = before | (1 << (clause & 1))
      if (before === after) continue
      met[rule] = round + after
      if (after === needed[rule]) candidates.push(rule)
    }
  }
  return (event) => {
    round += ROUND
    if (round > LAST_ROUND) {
      met.fill(0)
      round = ROUND
    }
    candidates = [...always]
    index(event, mark)
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
  readonly wanted: ReadonlyMap<string | undefined, readonly WantedAtom[]>
}

function clausesOfRules(rules: readonly ParsedRule[]): Wanted {
  const weight = weightsOf(rules)
  const always: number[] = []
  const wanted = new Map<string | undefined, WantedAtom[]>()
  const needed = new Uint8Array(rules.length)
  for (const [number, rule] of rules.entries()) {
    const clauses = clausesOfRule(rule, weight).slice(0, CLAUSES)
    needed[number] = 2 ** clauses.length - 1
    if (clauses.length === 0) always.push(number)
    for (const [index, clause] of clauses.entries()) {
      for (const atom of clause) {
        const atoms = wanted.get(atom.field)
        const one = { atom, clause: number * CLAUSES + index }
        if (atoms === undefined) wanted.set(atom.field, [one])
        else atoms.push(one)
      }
    }
  }
  return { always, needed, wanted }
}

/** What is too short to be looked for with others says little where something else is asked for as well. */
function clausesOfRule(rule: ParsedRule, weight: Weight): readonly Clause[] {
  const sets = rule.conditions.map((condition) => necessaryClauses(condition, rule.identifiers, weight))
  const clauses = (sets.length === 1 ? sets[0] : anyOf(sets)) ?? []
  const telling = clauses.filter((clause) => !clause.some(isShort))
  return telling.length > 0 ? telling : clauses
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

function isShort(atom: Atom): boolean {
  return atom.kind === 'text' && !atom.whole && atom.text.length < GRAM && !isBeyondLatin1(atom.text)
}

function keyOf(atom: Atom): string {
  return `${atom.field ?? ''}\0${atom.kind === 'number' ? `#${atom.value}` : `${atom.whole ? '=' : '~'}${atom.text}`}`
}
