/** A recorded record, as text: what varies from one to the next is filled in. */
export interface Shape {
  /** A value for each place, as it stands in the text: escaped where the format wants it so. */
  filled(values: Readonly<Record<string, string | number>>): string
}

/** What stands in a recorded text → the name of what is to stand there. */
export type Places = readonly (readonly [text: string, name: string])[]

interface Piece {
  readonly text: string
  /** What follows the text. */
  readonly name?: string
}

/** Throws where the text lacks what is to be filled in: the recording is another one. */
export function shapeOf(text: string, places: Places): Shape {
  let pieces: readonly Piece[] = [{ text }]
  for (const [literal, name] of places) {
    if (!text.includes(literal)) throw new Error(`no ${literal} in ${text.slice(0, 200)}`)
    pieces = pieces.flatMap((piece) => cut(piece, literal, name))
  }
  return {
    filled(values) {
      let text = ''
      for (const piece of pieces) {
        text += piece.text
        if (piece.name !== undefined) text += String(values[piece.name])
      }
      return text
    },
  }
}

function cut(piece: Piece, literal: string, name: string): readonly Piece[] {
  const texts = piece.text.split(literal)
  return texts.map((text, index) => {
    const own = index === texts.length - 1 ? piece.name : name
    return own === undefined ? { text } : { text, name: own }
  })
}
