/** Words of which more than a third is wrong are not meant. */
const TOLERANCE = 3
/** Nobody means what is longer. */
const LONGEST = 64

/** The word that somebody who wrote `typed` meant; undefined where none is near. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined
  const lower = typed.toLowerCase()
  const near = words
    .map((word) => ({ word, distance: distance(lower, word.toLowerCase()) }))
    .filter(({ word, distance: far }) => far <= Math.max(1, Math.floor(word.length / TOLERANCE)))
  near.sort((a, b) => a.distance - b.distance)
  return near[0]?.word
}

/** Letters to change, add, leave out or swap with the next, at least (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + same,
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
