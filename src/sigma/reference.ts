import { GRAM } from './grams.ts'
import { literalFinder } from './literal-finder.ts'
import type { Reference } from './pattern.ts'
import { contains } from './text-search.ts'

/** Up to so many comparisons are made one by one. */
const FEW = 256

/**
 * Whether any text is, begins with, ends with or contains any of the others. Both are an event's: the cost grows
 * with their sizes, not with the product of them.
 */
export function anyRelated(
  texts: readonly string[],
  others: readonly string[],
  { starts, ends }: Pick<Reference, 'starts' | 'ends'>,
): boolean {
  if (texts.length === 0 || others.length === 0) return false
  if (!starts && !ends) {
    const known = new Set(others)
    return texts.some((text) => known.has(text))
  }
  if (texts.length * others.length <= FEW) {
    const holds = starts && ends ? contains : starts ? startsWith : endsWith
    return texts.some((text) => others.some((other) => holds(text, other)))
  }
  if (starts && ends) return containAny(texts, others)
  return starts ? startWithAny(texts, others) : startWithAny(texts.map(reversed), others.map(reversed))
}

const startsWith = (text: string, other: string): boolean => text.startsWith(other)
const endsWith = (text: string, other: string): boolean => text.endsWith(other)

/** Of sorted texts none of which begins another, a text can begin with the last one alone that is not behind it. */
function startWithAny(texts: readonly string[], others: readonly string[]): boolean {
  const prefixes: string[] = []
  for (const other of [...others].sort()) {
    const last = prefixes.at(-1)
    if (last === undefined || !other.startsWith(last)) prefixes.push(other)
  }
  return texts.some((text) => {
    let low = 0
    let high = prefixes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((prefixes[middle] as string) <= text) low = middle + 1
      else high = middle
    }
    return low > 0 && text.startsWith(prefixes[low - 1] as string)
  })
}

function reversed(text: string): string {
  const units = new Uint16Array(text.length)
  for (let index = 0; index < text.length; index += 1) units[text.length - 1 - index] = text.charCodeAt(index)
  return Buffer.from(units.buffer).toString('utf16le')
}

function containAny(texts: readonly string[], others: readonly string[]): boolean {
  const short = new Set<string>()
  const long = new Set<string>()
  for (const other of others) (other.length < GRAM ? short : long).add(other)
  if (short.has('')) return true
  if (short.size > 0 && texts.some((text) => hasPiece(text, short))) return true
  if (long.size === 0) return false
  const finder = literalFinder([...long])
  let occurs = false
  const found = (): boolean => {
    occurs = true
    return false
  }
  for (const text of texts) {
    finder.find(text, found)
    if (occurs) return true
  }
  return false
}

function hasPiece(text: string, pieces: ReadonlySet<string>): boolean {
  for (let start = 0; start < text.length; start += 1) {
    for (let length = 1; length < GRAM; length += 1) {
      if (pieces.has(text.slice(start, start + length))) return true
    }
  }
  return false
}
