import type { Event } from '../domain/event.ts'
import type { FieldReader } from './field.ts'
import { foldsToLowerCase, foldText, isBeyondLatin1 } from './fold.ts'
import { GRAM } from './grams.ts'
import { literalFinder } from './literal-finder.ts'
import type { LiteralFinder } from './literal-finder.ts'
import type { Atom } from './necessary.ts'
import { numericOf } from './number.ts'
import type { KnownText } from './recurring.ts'

/** An atom and the clause that it satisfies, as a number of its own. */
export interface WantedAtom {
  readonly atom: Atom
  readonly clause: number
}

/** Everything that rules look for in the texts of one field, in one pass over each. */
export interface FieldIndex {
  readonly reader: FieldReader
  /** Whether numbers and booleans may be among it. */
  readonly asksNumbers: boolean
  /** Notes the clauses that the field's texts satisfy. */
  note(event: Event, note: Note): void
}

export type Note = (clauses: readonly number[]) => void

/** Of longer literals the end, where paths differ: the rest is the evaluation's. */
const LITERAL_LENGTH = 16

/** An index of the field, whose texts come one by one. Keywords may be among what is wanted. */
export function fieldIndex(reader: FieldReader, wanted: readonly WantedAtom[]): FieldIndex {
  return new IndexOfField(reader, wanted)
}

class IndexOfField implements FieldIndex {
  readonly reader: FieldReader
  readonly asksNumbers: boolean
  readonly #search: Search
  readonly #asker: number

  constructor(reader: FieldReader, wanted: readonly WantedAtom[]) {
    this.reader = reader
    this.asksNumbers = wanted.some(({ atom }) => atom.field !== undefined || isOfNumbers(atom))
    this.#search = searchFor(wanted)
    this.#asker = reader.asker()
  }

  note(event: Event, note: Note): void {
    const one = this.reader.only(event)
    // before anything of the text itself is looked at
    if (one !== undefined && !this.#search.mayBeIn(one.length)) return
    const known = this.reader.known(event)
    if (known !== undefined) return note(this.#found(known))
    if (one !== undefined) return note(this.#search.find(one))
    for (const text of this.reader.texts(event)) {
      const recalled = this.reader.recall(text)
      note(recalled === undefined ? this.#search.find(text) : this.#found(recalled))
    }
  }

  #found({ found, text }: KnownText): readonly number[] {
    return (found[this.#asker] ??= [...new Set(this.#search.find(text))]) as readonly number[]
  }
}

/** Whether a keyword may stand in the text of a number or a boolean. */
function isOfNumbers(atom: Atom): boolean {
  return atom.kind === 'number' || /^[-+.\daefilnrstuy]*$/.test(atom.text)
}

/** The same for keywords, of which any may stand anywhere in a text. */
export function keywordIndex(wanted: readonly WantedAtom[]): Search['find'] {
  return searchFor(wanted).find
}

interface Literals {
  readonly finder: LiteralFinder
  readonly clauses: readonly (readonly number[])[]
}

interface Search {
  /** The clauses that some atom in the text satisfies, possibly more than once. */
  readonly find: (text: string) => readonly number[]
  /** Whether some atom may be in a text of the length. */
  readonly mayBeIn: (length: number) => boolean
}

function searchFor(wanted: readonly WantedAtom[]): Search {
  const whole = new Map<string, number[]>()
  const numbers = new Map<number, number[]>()
  const parts = new Map<string, number[]>()
  const short = new Map<string, number[]>()
  const beyond = new Set<number>()
  for (const { atom, clause } of wanted) {
    if (atom.kind === 'number') add(numbers, Number(atom.value), clause)
    else if (atom.whole && atom.field !== undefined) add(whole, atom.text, clause)
    else if (atom.text.length >= GRAM) add(parts, atom.text.slice(-LITERAL_LENGTH), clause)
    else if (isBeyondLatin1(atom.text)) beyond.add(clause)
    else add(short, atom.text, clause)
  }
  const literals = parts.size > 0 ? literalsOf(parts) : undefined
  // folding keeps the length: most texts are none of those that are wanted whole
  const lengths = new Set([...whole.keys()].map((text) => text.length))
  const few = [...short]
  // short ones with characters that few texts have: a list of them may hold every emoji
  const rare = [...beyond]
  const isOnlyWhole = parts.size + numbers.size + few.length + rare.length === 0
  const least =
    numbers.size + rare.length > 0
      ? 0
      : Math.min(...lengths, ...[...parts.keys(), ...short.keys()].map((literal) => literal.length))
  const mayBeIn = isOnlyWhole
    ? (length: number): boolean => lengths.has(length)
    : (length: number): boolean => length >= least
  const find = (text: string): readonly number[] => {
    if (!mayBeIn(text.length)) return NONE
    let found: number[] | undefined
    const note = (clauses: readonly number[]): void => {
      found ??= []
      for (const clause of clauses) found.push(clause)
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
    if (few.length > 0 || lengths.has(text.length)) {
      const folded = foldText(seen)
      const same = whole.get(folded)
      if (same !== undefined) note(same)
      for (const [literal, clauses] of few) if (folded.includes(literal)) note(clauses)
    }
    return found ?? NONE
  }
  return { find, mayBeIn }
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
