import type { FieldReader } from './field.ts'
import { foldsToLowerCase, foldText, isBeyondLatin1 } from './fold.ts'
import { GRAM } from './grams.ts'
import { literalFinder } from './literal-finder.ts'
import type { LiteralFinder } from './literal-finder.ts'
import type { Atom } from './necessary.ts'
import { numericOf } from './number.ts'
import { recurring } from './recurring.ts'

/** An atom and the clause that it satisfies, as a number of its own. */
export interface WantedAtom {
  readonly atom: Atom
  readonly clause: number
}

/** Everything that rules look for in one field, in one pass over its text. */
export interface FieldIndex {
  readonly reader: FieldReader
  /** The clauses that some atom in the text satisfies, each once. */
  readonly clausesIn: (text: string) => readonly number[]
}

/** Longer literals tell no more: the rest is the evaluation's. */
const LITERAL_LENGTH = 16

/** An index of the field, whose texts come one by one. */
export function fieldIndex(reader: FieldReader, wanted: readonly WantedAtom[]): FieldIndex {
  return { reader, clausesIn: recurring(search(wanted, true)) }
}

/** The same for keywords, whose texts come joined: what is wanted as a whole may then stand anywhere. */
export function keywordIndex(wanted: readonly WantedAtom[]): FieldIndex['clausesIn'] {
  return search(wanted, false)
}

interface Literals {
  readonly finder: LiteralFinder
  readonly clauses: readonly (readonly number[])[]
}

function search(wanted: readonly WantedAtom[], alone: boolean): (text: string) => readonly number[] {
  const whole = new Map<string, number[]>()
  const numbers = new Map<number, number[]>()
  const parts = new Map<string, number[]>()
  const short = new Map<string, number[]>()
  const beyond = new Set<number>()
  for (const { atom, clause } of wanted) {
    if (atom.kind === 'number') add(numbers, Number(atom.value), clause)
    else if (atom.whole && alone) add(whole, atom.text, clause)
    else if (atom.text.length >= GRAM) add(parts, atom.text.slice(0, LITERAL_LENGTH), clause)
    else if (isBeyondLatin1(atom.text)) beyond.add(clause)
    else add(short, atom.text, clause)
  }
  const literals = parts.size > 0 ? literalsOf(parts) : undefined
  const few = [...short]
  // short ones with characters that few texts have: a list of them may hold every emoji
  const rare = [...beyond]
  return (text) => {
    let found: Set<number> | undefined
    const note = (clauses: readonly number[]): void => {
      found ??= new Set()
      for (const clause of clauses) found.add(clause)
    }
    // what folds to other letters than its own in small is folded before it is looked through
    const seen = foldsToLowerCase(text) ? text : foldText(text)
    literals?.finder.find(seen, (literal) => note(literals.clauses[literal] ?? []))
    if (numbers.size > 0) {
      const number = numericOf(text)
      const equal = number === undefined ? undefined : numbers.get(Number(number))
      if (equal !== undefined) note(equal)
    }
    if (rare.length > 0 && isBeyondLatin1(text)) note(rare)
    if (whole.size > 0 || few.length > 0) {
      const folded = foldText(seen)
      const same = whole.get(folded)
      if (same !== undefined) note(same)
      for (const [literal, clauses] of few) if (folded.includes(literal)) note(clauses)
    }
    return found === undefined ? NONE : [...found]
  }
}

const NONE: readonly number[] = []

function literalsOf(parts: ReadonlyMap<string, readonly number[]>): Literals {
  return { finder: literalFinder([...parts.keys()], foldText), clauses: [...parts.values()] }
}

function add<Key>(map: Map<Key, number[]>, key: Key, clause: number): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [clause])
  else if (known.at(-1) !== clause) known.push(clause)
}
