/** Where a piece of text stands in a text, from a place on; -1 where it does not. */
export type TextSearch = (text: string, from: number) => number

/** Up to this length the engine's own search costs little on any text; it compares what it looks for again at each place. */
const SHORT = 256

/** A search whose cost grows with the text alone, however text and piece were chosen. */
export function textSearch(piece: string): TextSearch {
  if (piece.length <= SHORT) return (text, from) => text.indexOf(piece, from)
  let borders: Int32Array | undefined
  return (text, from) =>
    text.length - from < piece.length ? -1 : search(text, from, piece, (borders ??= bordersOf(piece)))
}

/** Whether the piece occurs in the text, for a piece that is looked for in few texts. */
export function contains(text: string, piece: string): boolean {
  return piece.length <= SHORT || text.length < piece.length
    ? text.includes(piece)
    : textSearch(piece)(text, 0) >= 0
}

/** Knuth, Morris and Pratt: nothing of the text is read twice. */
function search(text: string, from: number, piece: string, borders: Int32Array): number {
  let matched = 0
  for (let index = from; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    while (matched > 0 && piece.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number
    if (piece.charCodeAt(matched) === unit) matched += 1
    if (matched === piece.length) return index + 1 - matched
  }
  return -1
}

/** For each prefix: the length of the longest shorter one that also ends it. */
function bordersOf(piece: string): Int32Array {
  const borders = new Int32Array(piece.length)
  let length = 0
  for (let index = 1; index < piece.length; index += 1) {
    const unit = piece.charCodeAt(index)
    while (length > 0 && piece.charCodeAt(length) !== unit) length = borders[length - 1] as number
    if (piece.charCodeAt(length) === unit) length += 1
    borders[index] = length
  }
  return borders
}
